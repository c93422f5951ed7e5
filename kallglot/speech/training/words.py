"""The words that fill slots, by the name of the slot.

Every English word in a list is the translation of one German word and no other, so that a
sentence can be translated back to exactly what it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Final

from kallglot.speech.training import things, times
from kallglot.speech.training.phrases import Noun, Word, names, words

__all__ = ["SLOTS", "choose", "repeated_digits"]

FIRST_NAMES: Final = names(
    "Anna Peter Maria Thomas Julia Michael Laura Daniel Sarah Martin Robert Emma David Sophie "
    "Oliver Helen Simon Clara Victor Nina"
)
LAST_NAMES: Final = names(
    "Weber Schmidt Fischer Becker Wagner Hoffmann Koch Richter Klein Wolf Miller Taylor Brown "
    "Walker Johnson Carter Anderson Baker Harris Morgan"
)

CITIES: Final = words("""
    Berlin = Berlin
    Hamburg = Hamburg
    Frankfurt = Frankfurt
    Stuttgart = Stuttgart
    Dresden = Dresden
    Bremen = Bremen
    London = London
    Manchester = Manchester
    Dublin = Dublin
    Boston = Boston
    Chicago = Chicago
    Toronto = Toronto
    Paris = Paris
    München = Munich
    Köln = Cologne
    Wien = Vienna
    Zürich = Zurich
    Genf = Geneva
    Brüssel = Brussels
    Mailand = Milan
    Warschau = Warsaw
    Kopenhagen = Copenhagen
""")
LANGUAGES: Final = words("""
    Deutsch = German
    Englisch = English
    Französisch = French
    Spanisch = Spanish
    Italienisch = Italian
    Türkisch = Turkish
    Polnisch = Polish
    Russisch = Russian
""")
GREETINGS: Final = words("""
    Guten Tag = Hello
    Guten Morgen = Good morning
    Guten Abend = Good evening
    Hallo = Hi
""")
COLOURS: Final = words("""
    rot = red = Rot
    blau = blue = Blau
    grün = green = Grün
    schwarz = black = Schwarz
    weiß = white = Weiß
    gelb = yellow = Gelb
    braun = brown = Braun
    grau = grey = Grau
""")
MANNERS: Final = words("""
    lauter = louder
    langsamer = more slowly
    deutlicher = more clearly
    leiser = more quietly
""")
DEVICE_TROUBLES: Final = words("""
    funktioniert nicht = does not work
    ist kaputt = is broken
    ist zu laut = is too loud
    wird sehr heiß = gets very hot
    geht nicht an = does not turn on
    geht ständig aus = keeps turning off
    ist sehr langsam = is very slow
    macht seltsame Geräusche = makes strange noises
    zeigt einen Fehler = shows an error
""")
ITEM_TROUBLES: Final = words("""
    ist beschädigt = is damaged
    ist noch nicht da = is not here yet
    ist zu klein = is too small
    ist zu groß = is too big
    hat die falsche Farbe = is the wrong colour
    war nicht im Karton = was not in the box
    gefällt mir nicht = is not to my liking
    ist unterwegs = is on its way
    ist ausverkauft = is sold out
""")
DOCUMENT_TROUBLES: Final = words("""
    ist falsch = is wrong
    ist zu teuer = is too expensive
    ist abgelaufen = has expired
    ist nicht gültig = is not valid
    fehlt = is missing
    ist unvollständig = is incomplete
    ist schon bezahlt = has already been paid
    ist doppelt = is a duplicate
""")
DOCUMENT_ACTIONS: Final = words("""
    prüfen = check
    ändern = change
    bestätigen = confirm
    ausdrucken = print
    unterschreiben = sign
    verlängern = extend
    löschen = delete
    lesen = read
    faxen = fax
""")
ITEM_ACTIONS: Final = words("""
    abholen = collect
    zurückschicken = send back
    umtauschen = exchange
    stornieren = cancel
    reservieren = reserve
    bezahlen = pay for
    verschenken = give away
    bestellen = order
""")
DEVICE_ACTIONS: Final = words("""
    ausschalten = turn off
    einschalten = turn on
    neu starten = restart
    reparieren = repair
    austauschen = replace
    anschließen = connect
    aufladen = charge
    reinigen = clean
    öffnen = open
    installieren = install
""")
PLACES: Final = words("""
    beim Nachbarn = with the neighbour
    vor der Haustür = in front of the door
    in der Garage = in the garage
    im Treppenhaus = in the stairwell
    in der Filiale = in the shop
    im Lager = in the warehouse
    an der Rezeption = at reception
    im Büro = in the office
""")
METHODS: Final = words("""
    mit Kreditkarte = by credit card
    per Überweisung = by bank transfer
    in bar = in cash
    in Raten = in instalments
    per Lastschrift = by direct debit
""")
CHANNELS: Final = words("""
    per Post = by post
    per Mail = by email
    per Kurier = by courier
    als Nachricht = as a text message
""")

SLOTS: Final[Mapping[str, Sequence[Word | Noun]]] = {
    "day": times.DAYS,
    "month": times.MONTHS,
    "hour": times.HOURS,
    "ordinal": times.ORDINALS,
    "count": times.COUNTS,
    "amount": times.AMOUNTS,
    "part": times.PARTS,
    "first": FIRST_NAMES,
    "last": LAST_NAMES,
    "city": CITIES,
    "language": LANGUAGES,
    "greeting": GREETINGS,
    "team": things.TEAMS,
    "document": things.DOCUMENTS,
    "detail": things.DETAILS,
    "number": things.NUMBERS,
    "item": things.ITEMS,
    "device": things.DEVICES,
    "service": things.SERVICES,
    "colour": COLOURS,
    "manner": MANNERS,
    "past": times.PAST,
    "future": times.FUTURE,
    "period": times.PERIODS,
    "device_trouble": DEVICE_TROUBLES,
    "item_trouble": ITEM_TROUBLES,
    "document_trouble": DOCUMENT_TROUBLES,
    "document_action": DOCUMENT_ACTIONS,
    "item_action": ITEM_ACTIONS,
    "device_action": DEVICE_ACTIONS,
    "place": PLACES,
    "person": things.PEOPLE,
    "method": METHODS,
    "channel": CHANNELS,
}


def _digits(random: Random) -> Word:
    """A number read out digit by digit, as people do with order numbers."""
    return _spelt([random.choice(times.DIGITS) for _ in range(random.choice((3, 4, 4, 5)))])


def repeated_digits(random: Random) -> Word:
    """A number of few different digits, in which most follow themselves or come back."""
    few = random.sample(times.DIGITS, 2)
    return _spelt([random.choice(few) for _ in range(random.choice((3, 4, 5, 5)))])


def _spelt(chosen: list[Word]) -> Word:
    return Word(" ".join(d.german for d in chosen), " ".join(d.english for d in chosen))


def _time(random: Random) -> Word:
    """`um drei Uhr`, `um halb drei` or `um Viertel nach drei`, the way German tells the time."""
    index = random.randrange(len(times.HOURS))
    hour = times.HOURS[index]
    bare = "eins" if index == 0 else hour.german
    match random.choice(("full", "full", "half", "quarter")):
        case "half":
            earlier = times.HOURS[index - 1]
            return Word(f"um halb {bare}", f"at half past {earlier.english}")
        case "quarter":
            return Word(f"um Viertel nach {bare}", f"at a quarter past {hour.english}")
        case _:
            return Word(f"um {hour.german} Uhr", f"at {hour.english} o'clock")


def _name(random: Random) -> Word:
    first, last = random.choice(FIRST_NAMES), random.choice(LAST_NAMES)
    name = f"{first.german} {last.german}"
    return Word(name, name)


def _titled(random: Random) -> Word:
    last = random.choice(LAST_NAMES)
    if random.random() < 0.5:
        return Word(f"Frau {last.german}", f"Mrs {last.english}", f"Frau {last.german}")
    return Word(f"Herr {last.german}", f"Mr {last.english}", f"Herrn {last.german}")


def _span(random: Random) -> Word:
    """`zwischen zwei und vier Uhr`: when the driver comes."""
    first = random.randrange(1, 10)
    last = random.randrange(first + 1, 12)
    return Word(
        f"zwischen {times.HOURS[first].german} und {times.HOURS[last].german} Uhr",
        f"between {times.HOURS[first].english} and {times.HOURS[last].english} o'clock",
    )


_MADE: Final[Mapping[str, Callable[[Random], Word]]] = {
    "digits": _digits,
    "time": _time,
    "span": _span,
    "name": _name,
    "titled": _titled,
}


def choose(slot: str, random: Random) -> Word | Noun:
    """A word for the slot; some slots are made up of several words."""
    if slot in _MADE:
        return _MADE[slot](random)
    return random.choice(SLOTS[slot])
