"""The catalogue: which models there are, under which licence, and what they were measured to cost.

It is data, in `models.toml` beside this file, and is checked when it is read.  Some entries are
rules: `opus-mt-{source}-{target}` stands for a model per pair of languages.
"""

from __future__ import annotations

import difflib
import enum
import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import attrs
import cattrs
from attrs import validators
from cattrs.v import format_exception

from kallglot.errors import SettingsError

__all__ = [
    "ANY",
    "Catalogue",
    "Cost",
    "Entry",
    "Reference",
    "Role",
    "Work",
    "catalogue",
    "read",
    "three_letters",
]

DATA: Final = Path(__file__).with_name("models.toml")
#: Among a model's languages: all that anybody asked for.
ANY: Final = "*"
#: Bytes of a weight, as a hub keeps it at most.
_STORED: Final = 4

_HOLE: Final = re.compile(r"\{(\w+)\}")
_CODE: Final = r"[a-z]{2,3}"


class Role(enum.Enum):
    """What a model is for; the first three are also names of settings."""

    RECOGNISER = "recogniser"
    TRANSLATOR = "translator"
    SYNTHESISER = "synthesiser"
    VOICE_ACTIVITY = "voice-activity"


class Work(enum.Enum):
    """What limits a piece of work: arithmetic in bulk, or many small steps after each other."""

    BULK = "bulk"
    STEPS = "steps"


def _positive(_instance: Any, attribute: Any, value: float) -> None:
    if not value > 0:
        raise ValueError(f"{attribute.name} must be more than nothing")


@attrs.frozen
class Cost:
    """What one piece of work was measured to take on the reference machine.

    `ms` is for all `rows` of a batch together; `every` is after how many seconds of speech such
    a piece is due; `of` says what the piece was.
    """

    work: Work
    of: str = attrs.field(validator=validators.min_len(1))
    ms: float = attrs.field(validator=_positive)
    every: float = attrs.field(validator=_positive)
    dtype: str = attrs.field(
        default="float32", validator=validators.in_(("float32", "bfloat16", "int8"))
    )
    rows: int = attrs.field(default=1, validator=validators.ge(1))
    threads: int = attrs.field(default=2, validator=validators.ge(1))


@attrs.frozen
class Reference:
    """The machine that costs were measured on, and how it does in `machine.measure`.

    `bulk` and `steps` are its speeds by data type, with both cores at work.
    """

    machine: str
    cores: int
    bulk: dict[str, float]
    steps: dict[str, float]


@attrs.frozen
class Entry:
    """One model, or the rule for a family of them.

    `millions` is its number of parameters; 0 is a program.  `pairs` are the pairs that a
    translator is known for, such as `de-en`; without any it knows all pairs of its languages.
    `rank` orders models of a role by how well they do, the best first.
    """

    name: str = attrs.field(validator=validators.matches_re(r"[\w.{}-]+"))
    role: Role
    engine: str = attrs.field(validator=validators.min_len(1))
    millions: float = attrs.field(validator=validators.ge(0))
    languages: tuple[str, ...] = attrs.field(validator=validators.min_len(1))
    licence: str = attrs.field(validator=validators.min_len(2))
    is_commercial: bool
    quality: str = attrs.field(validator=validators.min_len(1))
    quality_source: str = attrs.field(validator=validators.min_len(1))
    needs: str = attrs.field(validator=validators.min_len(1))
    rank: int = attrs.field(validator=validators.ge(1))
    id: str = attrs.field(default="")
    pairs: tuple[str, ...] = ()
    is_native_streaming: bool = False
    is_window_elastic: bool = False
    is_demo: bool = False
    costs: tuple[Cost, ...] = ()
    extra: str = ""

    @id.validator  # noqa: A003
    def _check_id(self, _attribute: Any, value: str) -> None:
        if value and not re.fullmatch(r"[\w.-]+/[\w.{}-]+", value):
            raise ValueError(f"{self.name}: {value!r} is no owner/name of the hub")
        if set(_HOLE.findall(value)) != set(_HOLE.findall(self.name)):
            raise ValueError(f"{self.name}: id and name must have the same {{holes}}")

    @property
    def is_rule(self) -> bool:
        return bool(_HOLE.search(self.name))

    @property
    def is_pulled(self) -> bool:
        """Whether it comes from the hub; the others are parts of Kallglot or of packages."""
        return bool(self.id)

    @property
    def stored(self) -> int:
        """Bytes on disk, at most; the hub knows exactly."""
        return round(self.millions * 1e6 * _STORED)

    @property
    def memory(self) -> int:
        """Bytes it takes to run on a CPU: the weights in float32, and a fifth for what it does."""
        return round(self.millions * 1e6 * 4 * 1.2)

    @property
    def video_memory(self) -> int:
        """Bytes it takes to run on a GPU: the weights in 16 bits, and half as much again."""
        return round(self.millions * 1e6 * 2 * 1.5)

    def knows(self, language: str) -> bool:
        return ANY in self.languages or language in self.languages

    def translates(self, source: str, target: str) -> bool:
        """Whether it is known to."""
        if self.role is not Role.TRANSLATOR or source == target:
            return False
        if self.pairs:
            return f"{source}-{target}" in self.pairs
        return self.knows(source) and self.knows(target)

    def filled(self, name: str) -> Entry | None:
        """Return what the rule says of the model that is called so, or None."""
        if not self.is_rule:
            return self if name == self.name else None
        pattern = _HOLE.sub(rf"(?P<\1>{_CODE})", self.name.replace(".", r"\."))
        match = re.fullmatch(pattern, name)
        if match is None:
            return None
        holes = match.groupdict()
        if not all(self.knows(_two_letters(code)) for code in holes.values()):
            return None
        if self.role is Role.TRANSLATOR:
            pairs: tuple[str, ...] = (f"{holes['source']}-{holes['target']}",)
            languages = tuple(holes.values())
        else:
            pairs, languages = (), (_two_letters(holes["language"]),)
        return attrs.evolve(
            self, name=name, id=self.id.format(**holes), pairs=pairs, languages=languages
        )


@attrs.frozen
class Catalogue:
    """All entries."""

    reference: Reference
    models: tuple[Entry, ...] = attrs.field(validator=validators.min_len(1))

    @models.validator
    def _check(self, _attribute: Any, models: Sequence[Entry]) -> None:
        names = [entry.name for entry in models]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"twice in the catalogue: {', '.join(sorted(twice))}")

    def find(self, name: str) -> Entry:
        """Return the model that is called so; raises `SettingsError` naming the nearest."""
        for entry in self.models:
            found = entry.filled(name)
            if found is not None:
                return found
        names = [entry.name for entry in self.models]
        close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
        hint = f"did you mean {close[0]}? " if close else ""
        raise SettingsError(
            f"the catalogue has no model {name!r}; {hint}`kallglot models list` shows what there is"
        )

    def pulls(self, name: str) -> bool:
        """Whether a model is called so that comes from the hub."""
        return any(entry.is_pulled and entry.filled(name) is not None for entry in self.models)

    def of(self, role: Role) -> Iterator[Entry]:
        """Yield the entries of a role, the best first."""
        yield from sorted(
            (entry for entry in self.models if entry.role is role), key=lambda entry: entry.rank
        )


def read(text: str) -> Catalogue:
    """Read a catalogue; raises `ValueError` saying where it is wrong."""
    converter = cattrs.Converter(forbid_extra_keys=True)
    content = tomllib.loads(text)
    sets = content.pop("languages", {})
    try:
        for model in content.get("models", ()):
            model["languages"] = list(_languages(model.get("languages", ()), sets))
        return converter.structure(content, Catalogue)
    except cattrs.BaseValidationError as error:
        raise ValueError("; ".join(cattrs.transform_error(error, format_exception=_say))) from error


def _say(error: BaseException, kind: type | None) -> str:
    is_of_validator = type(error) is ValueError
    return str(error.args[0]) if is_of_validator and error.args else format_exception(error, kind)


def _languages(names: Sequence[str], sets: dict[str, list[str]]) -> Iterator[str]:
    """Yield the languages, with those of a set for its name."""
    for name in names:
        if not name.startswith("@"):
            yield name
        elif name[1:] in sets:
            yield from sets[name[1:]]
        else:
            raise ValueError(f"there is no set of languages {name}")


@cache
def catalogue() -> Catalogue:
    """Return the catalogue that is part of Kallglot."""
    return read(DATA.read_text("utf-8"))


#: What the hub's names for voices call languages, where it is not the first two letters.
_CODES: Final = {
    "deu": "de", "spa": "es", "por": "pt", "nld": "nl", "pol": "pl", "tur": "tr", "ukr": "uk",
    "swe": "sv", "ell": "el", "ron": "ro", "hun": "hu", "vie": "vi", "kor": "ko", "jpn": "ja",
    "ind": "id", "est": "et", "lav": "lv", "lit": "lt", "cat": "ca", "eus": "eu", "isl": "is",
    "ara": "ar", "heb": "he", "hin": "hi", "tha": "th", "rus": "ru", "fra": "fr", "eng": "en",
    "fin": "fi", "bul": "bg", "ces": "cs", "hrv": "hr", "slk": "sk", "slv": "sl", "srp": "sr",
}  # fmt: skip
_THREE: Final = {two: three for three, two in _CODES.items()}


def _two_letters(code: str) -> str:
    return _CODES.get(code, code)


def three_letters(language: str) -> str:
    """Return `deu` for `de`, as MMS calls its voices."""
    return _THREE.get(language, language)
