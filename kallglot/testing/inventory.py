"""The numbers of a simulated carrier's account, and those that can be bought.  Pure.

Numbers for sale are made up: they are those that no country gives to anybody, such as 555-01xx.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

__all__ = ["Inventory", "Number", "Offer", "is_e164"]

#: What a number in a country begins with, before its last two digits; %s is an area code.
_FICTIONAL = {
    "US": ("1{area}55501", "808"),
    "CA": ("1{area}55501", "416"),
    "GB": ("44{area}49609", "1632"),
    "DE": ("49{area}555501", "30"),
    "AU": ("61{area}570101", "491"),
}


@attrs.frozen
class Offer:
    """A number that can be bought."""

    number: str
    country: str


@attrs.frozen
class Number:
    """A number that is owned; `settings` are called as in the carrier's API."""

    id: str
    number: str = attrs.field(repr=False)
    settings: Mapping[str, str] = attrs.field(factory=dict)

    def configured(self, settings: Mapping[str, str]) -> Number:
        return attrs.evolve(self, settings={**self.settings, **settings})


def is_e164(number: str) -> bool:
    digits = number.removeprefix("+")
    return number != digits and digits.isascii() and digits.isdigit() and 7 <= len(digits) <= 15


class Inventory:
    def __init__(self) -> None:
        self._owned: dict[str, Number] = {}

    def __iter__(self) -> Iterator[Number]:
        return iter(list(self._owned.values()))

    def put(self, number: Number) -> None:
        self._owned[number.id] = number

    def get(self, number_id: str) -> Number | None:
        return self._owned.get(number_id)

    def find(self, number: str) -> Number | None:
        return next((one for one in self if one.number == number), None)

    def release(self, number_id: str) -> bool:
        return self._owned.pop(number_id, None) is not None

    def offers(
        self, country: str, area: str = "", containing: str = "", most: int = 20
    ) -> list[Offer]:
        """Return numbers for sale."""
        known = _FICTIONAL.get(country)
        if known is None:
            return []
        pattern, usual = known
        stem = f"+{pattern.format(area=area or usual)}"
        wanted = containing.replace("*", "")
        numbers = (f"{stem}{last:02}" for last in range(100))
        free = (one for one in numbers if wanted in one and self.find(one) is None)
        return [Offer(number, country) for number in free][: max(0, most)]
