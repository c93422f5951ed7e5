"""Numbers, days and times: the words a call gets wrong at a price."""

from __future__ import annotations

from typing import Final

from kallglot.speech.training.phrases import pairs, words

__all__ = [
    "AMOUNTS",
    "COUNTS",
    "DAYS",
    "DIGITS",
    "FUTURE",
    "HOURS",
    "MONTHS",
    "ORDINALS",
    "PARTS",
    "PAST",
    "PERIODS",
]

DIGITS: Final = pairs(
    "null eins zwei drei vier fünf sechs sieben acht neun",
    "zero one two three four five six seven eight nine",
)

DAYS: Final = pairs(
    "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
)
MONTHS: Final = pairs(
    "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "January February March April May June July August September October November December",
)
HOURS: Final = pairs(
    "ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    "one two three four five six seven eight nine ten eleven twelve",
)
ORDINALS: Final = pairs(
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
COUNTS: Final = pairs(
    "zwei drei vier fünf sechs sieben acht neun zehn zwölf vierzehn zwanzig dreißig",
    "two three four five six seven eight nine ten twelve fourteen twenty thirty",
)
AMOUNTS: Final = pairs(
    "zehn zwölf fünfzehn achtzehn zwanzig fünfundzwanzig dreißig fünfunddreißig vierzig "
    "fünfundvierzig fünfzig fünfundfünfzig sechzig siebzig fünfundsiebzig achtzig neunzig "
    "neunundneunzig",
    "ten twelve fifteen eighteen twenty twenty-five thirty thirty-five forty "
    "forty-five fifty fifty-five sixty seventy seventy-five eighty ninety "
    "ninety-nine",
) + words("""
    einhundert = one hundred
    zweihundert = two hundred
    dreihundert = three hundred
    fünfhundert = five hundred
    eintausend = one thousand
""")
PARTS: Final = pairs("morgen nachmittag abend", "morning afternoon evening")

PAST: Final = words("""
    gestern = yesterday
    vorgestern = the day before yesterday
    letzte Woche = last week
    letzten Monat = last month
    heute früh = early today
    am Wochenende = at the weekend
""")
FUTURE: Final = words("""
    morgen = tomorrow
    übermorgen = the day after tomorrow
    nächste Woche = next week
    nächsten Monat = next month
    heute Abend = this evening
    in einer Stunde = in an hour
""")
PERIODS: Final = words("""
    Minuten = minutes
    Stunden = hours
    Tage = days
    Wochen = weeks
    Monate = months
""")
