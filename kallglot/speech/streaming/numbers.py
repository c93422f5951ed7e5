"""What is a number, or a part of one: it must not be passed on before it is whole.

"Fünf" may become "fünfundzwanzig", and "seven four" a telephone number.  Letters that are spelled
are numbers in this sense too.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["is_number"]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


#: What number words are made of, one after the other without a space or with a hyphen.
_PARTS: Final = _words(
    # German
    "null ein eins eine einen zwei zwo drei vier fünf sechs sieben acht neun zehn elf zwölf sech "
    "sieb zwan zig ßig und hundert tausend million millionen komma "
    # English
    "zero oh one two three four five six seven eight nine ten eleven twelve thir four fif eigh "
    "teen twen thir for ty hundred thousand million point double triple "
    # Spanish
    "cero uno una dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince "
    "dieci veinte veinti treinta cuarenta cincuenta sesenta setenta ochenta noventa cien ciento "
    "cientos quinientos mil millón "
    # French
    "zéro un deux trois quatre cinq sept huit neuf dix onze douze treize quatorze quinze seize "
    "vingt vingts trente quarante cinquante soixante cent cents mille virgule "
    # Italian
    "zero due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici "
    "quindici sedici dicia ssette nnove diciotto venti vent trenta trent quaranta quarant "
    "cinquanta sessanta settanta ottanta novanta cento mila virgola "
    # Dutch
    "nul een twee drie vier vijf zes zeven acht negen tien elf twaalf der veer tig twin honderd "
    "duizend en ën "
    # Portuguese
    "um dois duas três quatro sete oito nove dez onze doze treze quatorze catorze vinte trinta "
    "quarenta cinquenta sessenta setenta oitenta noventa cem duzentos trezentos "
    # Polish
    "jeden jedna dwa dwie trzy cztery pięć sześć siedem osiem dziewięć dziesięć naście dzieścia "
    "dzieści dziesiąt sto dwieście sta set tysiąc tysiące tysięcy"
)
#: Parts that are words of their own with another meaning far more often than numbers.
_WORDS: Final = frozenset(
    _words(
        "und eine einen ein en un una um uno een oh sei for der sieb sech zig ty teen ßig tig sta "
        "set vent per double triple virgule virgola"
    )
)


_NUMBER: Final = re.compile(
    "(?:(?:" + "|".join(sorted(map(re.escape, set(_PARTS)), key=len, reverse=True)) + ")-?)+"
)
_DIGITS: Final = re.compile(r"[\d\W]*\d[\w.,:/+%-]*")
_LETTER: Final = re.compile(r"[^\W\d_]\.?,?", re.UNICODE)
#: Single letters that are words.
_SINGLE: Final = frozenset("IA")


def is_number(piece: str) -> bool:
    """Whether a piece is a number or may be a part of one, in digits, words or spelled letters."""
    word = piece.strip().strip("\"'»“”()«„¿¡")
    if _DIGITS.fullmatch(word):
        return True
    if _LETTER.fullmatch(word) and word[0].isupper():
        return word[0] not in _SINGLE
    bare = word.rstrip(".,!?…:;").casefold()
    return bool(bare) and bare not in _WORDS and _NUMBER.fullmatch(bare) is not None
