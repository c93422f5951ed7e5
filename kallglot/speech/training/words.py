"""The words that fill slots, by the name of the slot.

Every English word in a list is the translation of one German word and no other, so that a
sentence can be translated back to exactly what it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Final

from kallglot.speech.training.phrases import Gender, Noun, Word

__all__ = ["DIGITS", "SLOTS", "choose"]


def _words(table: str) -> tuple[Word, ...]:
    """One `german = english` a line; `german = english = oblique` for the few that bend."""
    rows = (line.split(" = ") for line in table.strip().splitlines())
    return tuple(Word(*(cell.strip() for cell in row)) for row in rows)


def _nouns(table: str) -> tuple[Noun, ...]:
    """One `gender german = english` a line; `Name/Namen` where the other cases differ."""
    rows = (line.strip().split(" = ") for line in table.strip().splitlines())
    return tuple(_noun(german[0], german[2:], english) for german, english in rows)


def _noun(gender: str, german: str, english: str) -> Noun:
    nominative, _, oblique = german.partition("/")
    return Noun(Gender(gender), nominative, english, oblique or nominative)


def _pairs(german: str, english: str) -> tuple[Word, ...]:
    return tuple(Word(a, b) for a, b in zip(german.split(), english.split(), strict=True))


def _names(names: str) -> tuple[Word, ...]:
    """Names are the same in both languages."""
    return tuple(Word(name, name) for name in names.split())


DIGITS: Final = _pairs(
    "null eins zwei drei vier fünf sechs sieben acht neun",
    "zero one two three four five six seven eight nine",
)

DAYS: Final = _pairs(
    "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
)
MONTHS: Final = _pairs(
    "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "January February March April May June July August September October November December",
)
HOURS: Final = _pairs(
    "ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    "one two three four five six seven eight nine ten eleven twelve",
)
ORDINALS: Final = _pairs(
    "ersten zweiten dritten vierten fünften sechsten siebten achten neunten zehnten elften "
    "zwölften dreizehnten vierzehnten fünfzehnten sechzehnten siebzehnten achtzehnten "
    "neunzehnten zwanzigsten einundzwanzigsten zweiundzwanzigsten dreiundzwanzigsten "
    "vierundzwanzigsten fünfundzwanzigsten sechsundzwanzigsten siebenundzwanzigsten "
    "achtundzwanzigsten",
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
    "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth "
    "twenty-first twenty-second twenty-third twenty-fourth twenty-fifth twenty-sixth "
    "twenty-seventh twenty-eighth",
)
COUNTS: Final = _pairs(
    "zwei drei vier fünf sechs sieben acht neun zehn zwölf vierzehn zwanzig dreißig",
    "two three four five six seven eight nine ten twelve fourteen twenty thirty",
)
AMOUNTS: Final = _pairs(
    "zehn zwölf fünfzehn achtzehn zwanzig fünfundzwanzig dreißig fünfunddreißig vierzig "
    "fünfundvierzig fünfzig fünfundfünfzig sechzig siebzig fünfundsiebzig achtzig neunzig "
    "neunundneunzig",
    "ten twelve fifteen eighteen twenty twenty-five thirty thirty-five forty "
    "forty-five fifty fifty-five sixty seventy seventy-five eighty ninety "
    "ninety-nine",
) + _words("""
    einhundert = one hundred
    zweihundert = two hundred
    dreihundert = three hundred
    fünfhundert = five hundred
    eintausend = one thousand
""")
PARTS: Final = _pairs("morgen nachmittag abend", "morning afternoon evening")

FIRST_NAMES: Final = _names(
    "Anna Peter Maria Thomas Julia Michael Laura Daniel Sarah Martin Robert Emma David Sophie "
    "Oliver Helen Simon Clara Victor Nina"
)
LAST_NAMES: Final = _names(
    "Weber Schmidt Fischer Becker Wagner Hoffmann Koch Richter Klein Wolf Miller Taylor Brown "
    "Walker Johnson Carter Anderson Baker Harris Morgan"
)

CITIES: Final = _words("""
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
LANGUAGES: Final = _words("""
    Deutsch = German
    Englisch = English
    Französisch = French
    Spanisch = Spanish
    Italienisch = Italian
    Türkisch = Turkish
    Polnisch = Polish
    Russisch = Russian
""")
GREETINGS: Final = _words("""
    Guten Tag = Hello
    Guten Morgen = Good morning
    Guten Abend = Good evening
    Hallo = Hi
""")
TEAMS: Final = _nouns("""
    f Buchhaltung = accounting
    m Kundendienst = customer service
    m Vertrieb = sales
    m Versand = shipping
    f Rechtsabteilung = legal
    f Technik = technical support
    f Reparaturabteilung = repairs
""")
DOCUMENTS: Final = _nouns("""
    f Rechnung = invoice
    m Vertrag = contract
    n Angebot = offer
    f Quittung = receipt
    f Kündigung = cancellation
    f Bestätigung = confirmation
    f Garantie = warranty
    f Mahnung = payment reminder
    f Gutschrift = credit note
    f Versicherung = insurance
    m Antrag = application
    m Gutschein = voucher
    f Beschwerde = complaint
""")
DETAILS: Final = _nouns("""
    f Adresse = address
    f Telefonnummer = phone number
    f Mailadresse = email address
    n Passwort = password
    m Benutzername/Benutzernamen = username
    n Geburtsdatum = date of birth
    f Kundennummer = customer number
    f Vertragsnummer = contract number
    f Postleitzahl = postcode
    m Nachname/Nachnamen = last name
    m Vorname/Vornamen = first name
    f Kontonummer = account number
""")
NUMBERS: Final = _nouns("""
    f Kundennummer = customer number
    f Vertragsnummer = contract number
    f Telefonnummer = phone number
    f Bestellnummer = order number
    f Kontonummer = account number
    f Seriennummer = serial number
    f Rechnungsnummer = invoice number
    f Postleitzahl = postcode
    f Hausnummer = house number
""")
ITEMS: Final = _nouns("""
    n Paket = parcel
    f Bestellung = order
    m Brief = letter
    f Jacke = jacket
    m Tisch = table
    m Stuhl = chair
    n Fahrrad = bicycle
    m Rucksack = backpack
    m Koffer = suitcase
    f Matratze = mattress
    m Spiegel = mirror
    m Teppich = carpet
    n Buch = book
    m Mantel = coat
    m Schrank = wardrobe
    n Zelt = tent
    f Lampe = lamp
    n Sofa = sofa
""")
DEVICES: Final = _nouns("""
    m Router = router
    m Drucker = printer
    n Telefon = phone
    m Bildschirm = screen
    m Computer = computer
    f Kamera = camera
    f Tastatur = keyboard
    m Lautsprecher = speaker
    m Fernseher = television
    m Kopfhörer = headset
    n Ladegerät = charger
    f Kaffeemaschine = coffee machine
    f Waschmaschine = washing machine
    m Kühlschrank = fridge
    m Staubsauger = vacuum cleaner
    f Heizung = heating
    f Batterie = battery
""")
SERVICES: Final = _words("""
    Internet = internet
    WLAN = wifi
    Telefon = phone
    Fernsehen = television
""")
COLOURS: Final = _words("""
    rot = red = Rot
    blau = blue = Blau
    grün = green = Grün
    schwarz = black = Schwarz
    weiß = white = Weiß
    gelb = yellow = Gelb
    braun = brown = Braun
    grau = grey = Grau
""")
MANNERS: Final = _words("""
    lauter = louder
    langsamer = more slowly
    deutlicher = more clearly
    leiser = more quietly
""")
PAST: Final = _words("""
    gestern = yesterday
    vorgestern = the day before yesterday
    letzte Woche = last week
    letzten Monat = last month
    heute früh = early today
    am Wochenende = at the weekend
""")
FUTURE: Final = _words("""
    morgen = tomorrow
    übermorgen = the day after tomorrow
    nächste Woche = next week
    nächsten Monat = next month
    heute Abend = this evening
    in einer Stunde = in an hour
""")
PERIODS: Final = _words("""
    Minuten = minutes
    Stunden = hours
    Tage = days
    Wochen = weeks
    Monate = months
""")
DEVICE_TROUBLES: Final = _words("""
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
ITEM_TROUBLES: Final = _words("""
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
DOCUMENT_TROUBLES: Final = _words("""
    ist falsch = is wrong
    ist zu teuer = is too expensive
    ist abgelaufen = has expired
    ist nicht gültig = is not valid
    fehlt = is missing
    ist unvollständig = is incomplete
    ist schon bezahlt = has already been paid
    ist doppelt = is a duplicate
""")
DOCUMENT_ACTIONS: Final = _words("""
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
ITEM_ACTIONS: Final = _words("""
    abholen = collect
    zurückschicken = send back
    umtauschen = exchange
    stornieren = cancel
    reservieren = reserve
    bezahlen = pay for
    verschenken = give away
    bestellen = order
""")
DEVICE_ACTIONS: Final = _words("""
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
PLACES: Final = _words("""
    beim Nachbarn = with the neighbour
    vor der Haustür = in front of the door
    in der Garage = in the garage
    im Treppenhaus = in the stairwell
    in der Filiale = in the shop
    im Lager = in the warehouse
    an der Rezeption = at reception
    im Büro = in the office
""")
PEOPLE: Final = _nouns("""
    f Kollegin = colleague
    m Chef = boss
    m Sohn = son
    m Mann = husband
    f Tochter = daughter
    f Frau = wife
    f Mutter = mother
    m Bruder = brother
    f Schwester = sister
    f Nachbarin = neighbour
""")
METHODS: Final = _words("""
    mit Kreditkarte = by credit card
    per Überweisung = by bank transfer
    in bar = in cash
    in Raten = in instalments
    per Lastschrift = by direct debit
""")
CHANNELS: Final = _words("""
    per Post = by post
    per Mail = by email
    per Kurier = by courier
    als Nachricht = as a text message
""")

SLOTS: Final[Mapping[str, Sequence[Word | Noun]]] = {
    "day": DAYS,
    "month": MONTHS,
    "hour": HOURS,
    "ordinal": ORDINALS,
    "count": COUNTS,
    "amount": AMOUNTS,
    "part": PARTS,
    "first": FIRST_NAMES,
    "last": LAST_NAMES,
    "city": CITIES,
    "language": LANGUAGES,
    "greeting": GREETINGS,
    "team": TEAMS,
    "document": DOCUMENTS,
    "detail": DETAILS,
    "number": NUMBERS,
    "item": ITEMS,
    "device": DEVICES,
    "service": SERVICES,
    "colour": COLOURS,
    "manner": MANNERS,
    "past": PAST,
    "future": FUTURE,
    "period": PERIODS,
    "device_trouble": DEVICE_TROUBLES,
    "item_trouble": ITEM_TROUBLES,
    "document_trouble": DOCUMENT_TROUBLES,
    "document_action": DOCUMENT_ACTIONS,
    "item_action": ITEM_ACTIONS,
    "device_action": DEVICE_ACTIONS,
    "place": PLACES,
    "person": PEOPLE,
    "method": METHODS,
    "channel": CHANNELS,
}


def _digits(random: Random) -> Word:
    """A number read out digit by digit, as people do with order numbers."""
    chosen = [random.choice(DIGITS) for _ in range(random.choice((3, 4, 4, 5)))]
    return Word(" ".join(d.german for d in chosen), " ".join(d.english for d in chosen))


def _time(random: Random) -> Word:
    """`um drei Uhr`, `um halb drei` or `um Viertel nach drei`, the way German tells the time."""
    index = random.randrange(len(HOURS))
    hour = HOURS[index]
    bare = "eins" if index == 0 else hour.german
    match random.choice(("full", "full", "half", "quarter")):
        case "half":
            earlier = HOURS[index - 1]
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
        f"zwischen {HOURS[first].german} und {HOURS[last].german} Uhr",
        f"between {HOURS[first].english} and {HOURS[last].english} o'clock",
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
