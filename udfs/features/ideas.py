"""The table of ideas: which kernel computes which features, with what state. New features plug in here.

How to add one, with `udfs/features/returns.py` as the example:

1. **The words.** A line in `schemas.features.TABLE`: name, unit, series, warm-up, source, what the mirror does to it.
   The series decides whose bars the kernel is shown: those of 1, 10 or 60 s, of volume, notional or trades, or of an
   array that another machine adds. Then `python -m schemas.feature_columns` (its column in ClickHouse).
2. **The kernel**, one file an idea: the record dtype that it keeps for each (instrument, series), and

        @kernel(modules whose code or constants it uses)
        def update(own, bar, seen, setting, values): ...

   `own` is its record (zero bytes at first), `bar` the record of a bar (`udfs.arrays.CLOSE`), `seen` how many bars it
   was shown before this one, `setting` its row of `Idea.settings`; it writes `values[i]` for the i-th name. Integers
   stay integers until a ratio begins; + - * / and the square root; no NaN for any market (say in the docstring what a
   missing denominator gives); what decays goes through `window.settle`. Values become float32, held at 3e38.
3. **The entry** in IDEAS below. The same kernel may stand there several times, for other series and settings: each
   entry has a state of its own. An idea that gives several values has them all computed when one is asked for.
4. **The oracle**, slow and obvious, in `tests/udfs/features`, named `..oracle..`: `tests.udfs.features.oracle` shows a
   pure Python function the same bars and compares every row, on ugly and on real data.

What a term's set does not ask for is not in its state, is not called and is not even compiled (`udfs.features.walks`).
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from schemas.control import Term
from schemas.features import BAR_SERIES, BY_NAME, INDICATORS, PREPROCESSING, Series
from schemas.frame import Records
from udfs.features import activity, beta, depth, messages, preprocessed, returns, session, signing, spreads
from udfs.features.indicators import OF_PRICES, OF_TRADES

# Which bars an idea is shown; with 0 every bar in which something happened.
MID = 1  # only those whose close has both sides of the book
TRADE = 2  # only those with a trade
EMPTY_TOO = 4  # also those in which nothing happened


class Idea(NamedTuple):
    """A kernel and the features that it computes, all of one series."""

    names: tuple[str, ...]
    update: Any  # the compiled kernel
    state: np.dtype[Any]
    settings: tuple[float, ...] | Callable[[Term], Records] = ()  # the same for every instrument, or a row for each
    needs: int = MID


def _indicators(series: Series) -> Iterator[Idea]:
    """Those of `schemas.indicators` that the default set has not."""
    for groups, needs in ((OF_PRICES, MID), (OF_TRADES, TRADE)):
        for stems, update, state in groups:
            names = tuple(name for stem in stems if BY_NAME.get(name := f"{stem}_{series.suffix}") in INDICATORS)
            if names:
                yield Idea(names, update, state, needs=needs)


def _microstructure(suffix: str) -> tuple[Idea, ...]:
    depths = [(f"depth_imbalance_{n}_{suffix}", f"level_flow_imbalance_{n}_{suffix}") for n in (5, 10)]
    paid = tuple(f"{name}_{suffix}" for name in ("effective_spread", "realised_spread", "price_impact"))
    signs = tuple(f"{name}_{suffix}" for name in ("tick_rule_imbalance", "lee_ready_imbalance"))
    return (
        Idea(depths[0], depth.update, depth.STATE, (5.0,), 0),
        Idea(depths[1], depth.update, depth.STATE, (10.0,), 0),
        Idea(paid, spreads.update, spreads.STATE, needs=0),
        Idea(signs, signing.update, signing.STATE, needs=0),
        Idea((f"quote_to_trade_ratio_{suffix}",), messages.update, messages.STATE),
    )


_OF_ACTIVITY = ("return", "seconds", "trade_imbalance")
IDEAS = (
    Idea(("return_60s", "volatility_60s"), returns.update, returns.STATE),
    *(idea for series in BAR_SERIES for idea in _indicators(series)),
    *_microstructure("1s"),
    *_microstructure("10s"),
    *(
        Idea(tuple(f"{name}_{bars}_bar" for name in _OF_ACTIVITY), activity.update, activity.STATE, needs=TRADE)
        for bars in ("volume", "notional", "trades")
    ),
    *(Idea((f"beta_60_{suffix}",), beta.update, beta.STATE, needs=0) for suffix in ("1s", "10s", "60s")),
    Idea(tuple(feature.name for feature in PREPROCESSING), preprocessed.update, preprocessed.STATE, needs=0),
    Idea(("session_phase", "seconds_since_open"), session.update, session.NOTHING, session.calendars, 0),
    Idea(("volume_usual_share", "volume_over_usual"), session.update_volume, session.VOLUMES, session.calendars, 0),
)


def levels_asked(names: tuple[str, ...]) -> int:
    """How deep the book must be known for a set of these names; 0 = it asks nothing of the levels."""
    asked = [idea for idea in IDEAS if idea.update is depth.update and set(idea.names) & set(names)]
    return max((int(idea.settings[0]) for idea in asked if isinstance(idea.settings, tuple)), default=0)
