"""Feature sets: an ordered choice of names from `schemas.features.TABLE`, and its hash.

The configuration chooses a set (`[features]`), the TERM carries its names. The hash ties a model to it: another order,
unit, formula or warm-up is another set. The hash of the default set must not change, because the shipped model and
every state of it name that hash.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, cached_property

from schemas.errors import ConfigError
from schemas.features import ACTIVITY_LOOK_BACK_NS, BY_NAME, NAMES, PREPROCESSING, TABLE, Feature

SETS = {
    "default": NAMES,
    "all": tuple(feature.name for feature in TABLE),
    # what a preprocessing block gives ahead of Kafka, beside what the shipped strategies read
    "columns": ("volatility_1s", "spread", *(feature.name for feature in PREPROCESSING)),
}


@dataclass(frozen=True)
class FeatureSet:
    """An ordered choice from TABLE; made by `chosen`.

    >>> chosen(("spread", "rsi_14_1s")).index
    {'spread': 0, 'rsi_14_1s': 1}
    """

    features: tuple[Feature, ...]

    def __len__(self) -> int:
        return len(self.features)

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(feature.name for feature in self.features)

    @cached_property
    def index(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.names)}

    @cached_property
    def hash(self) -> str:
        """The sha256 of the ordered table: another order, unit or formula is another feature set."""
        lines = [
            f"{f.name}|{f.unit}|{f.width_ns or f.series.name}|{f.warm_up}|{f.source}|{f.dtype}" for f in self.features
        ]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    @cached_property
    def look_back_ns(self) -> int:
        """The longest look back of one of them."""
        return max(one.warm_up * one.width_ns if one.width_ns else ACTIVITY_LOOK_BACK_NS for one in self.features)


@cache
def chosen(names: tuple[str, ...]) -> FeatureSet:
    """The set of these names, in this order; raises ConfigError when one is unknown or stands twice.

    >>> chosen(("sprad",))
    Traceback (most recent call last):
    schemas.errors.ConfigError: features: there is no 'sprad' (did you mean spread?)
    """
    if not names:
        raise ConfigError("features: the set is empty")
    for name in names:
        if name not in BY_NAME:
            raise ConfigError(f"features: there is no {name!r}{did_you_mean(name, BY_NAME)}")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(f"features: {', '.join(twice)} stands twice")
    return FeatureSet(tuple(BY_NAME[name] for name in names))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    found = get_close_matches(name, known, n=3)
    return f" (did you mean {', '.join(found)}?)" if found else ""


DEFAULT = chosen(NAMES)
