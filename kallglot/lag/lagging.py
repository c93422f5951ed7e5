"""How far a translation is behind an ideal interpreter, who is always just as far as the speaker.

Each figure is a mean over the units of a translation of the delay of the unit less that of the
ideal interpreter, who spreads the units evenly over the source.  They differ in how many units
the ideal interpreter has, and in which units count:

* AL (Ma et al. 2019) gives them the reference's units, and stops at the first unit that came out
  when the whole source had been heard,
* LAAL (Papi et al. 2022) gives them as many as the longer of the two has, so that a wordy
  translation does not look fast,
* DAL (Arivazhagan et al. 2019) counts every unit, and lets none be said faster than evenly,
* YAAL (Polak et al. 2025) counts only the units that came out while the source went on,
* AP (Cho and Esipova 2016) is a share: what had been heard of the source, on average.

With what had been *heard* as delays they are unaware of computation; with the time that had
*passed* they are aware of it.  Times are in any unit, the same for all.
"""

from __future__ import annotations

import attrs

__all__ = [
    "Emissions",
    "average_lagging",
    "average_proportion",
    "differentiable_average_lagging",
    "length_adaptive_average_lagging",
    "yet_another_average_lagging",
]


@attrs.frozen
class Emissions:
    """When the units of a translation came out.

    `delays` has for each unit how much of the source had been heard, or how much time had passed;
    `source` is how long the source is.  `reference` is how many units a reference translation
    has; 0 means that there is none, and the translation is its own.

    Raises:
        ValueError: there are no units, or there is no source.
    """

    delays: tuple[float, ...] = attrs.field(validator=attrs.validators.min_len(1))
    source: float = attrs.field(validator=attrs.validators.gt(0))
    reference: int = attrs.field(default=0, validator=attrs.validators.ge(0))

    @property
    def expected(self) -> int:
        """How many units the translation ought to have."""
        return self.reference or len(self.delays)

    @property
    def most(self) -> int:
        """How many units the longer of translation and reference has."""
        return max(self.reference, len(self.delays))


def average_lagging(emissions: Emissions) -> float:
    """Return AL."""
    return _lagging(emissions, emissions.expected)


def length_adaptive_average_lagging(emissions: Emissions) -> float:
    """Return LAAL, which is never less than AL."""
    return _lagging(emissions, emissions.most)


def yet_another_average_lagging(emissions: Emissions) -> float | None:
    """Return YAAL of a short source, or None if nothing came out while it went on."""
    pace = emissions.source / emissions.most
    behind = [
        delay - ahead * pace
        for ahead, delay in enumerate(emissions.delays)
        if delay < emissions.source
    ]
    return sum(behind) / len(behind) if behind else None


def average_proportion(emissions: Emissions) -> float:
    """Return AP; above 1 where the translation has more units than the reference."""
    return sum(emissions.delays) / (emissions.source * emissions.expected)


def differentiable_average_lagging(emissions: Emissions) -> float:
    """Return DAL."""
    pace = emissions.source / len(emissions.delays)
    total, earliest = 0.0, 0.0
    for ahead, delay in enumerate(emissions.delays):
        said = max(delay, earliest)
        total += said - ahead * pace
        earliest = said + pace
    return total / len(emissions.delays)


def _lagging(emissions: Emissions, ideal_units: int) -> float:
    if emissions.delays[0] > emissions.source:
        return emissions.delays[0]
    pace = emissions.source / ideal_units
    total = 0.0
    for ahead, delay in enumerate(emissions.delays):
        total += delay - ahead * pace
        if delay >= emissions.source:
            return total / (ahead + 1)
    return total / len(emissions.delays)
