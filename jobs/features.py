"""`penstock features`: every feature that can be computed, and which of them a configuration chooses."""

from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from schemas.config import load
from schemas.errors import DataError
from schemas.feature_sets import FeatureSet, chosen, did_you_mean
from schemas.features import ACTIVITY_LOOK_BACK_NS, BY_NAME, SECOND_NS, SERIES, TABLE, Feature

ARRAYS = {
    "closes": "time",
    "activity": "activity",
    "depths": "levels",
    "prints": "prints",
    "pairs": "pairs",
    "columns": "preprocessing",
}


def features(config: Path, only: bool = False, like: str = "", console: Console | None = None) -> None:
    """Print the list; `only` what the configuration chooses, in its order, `like` the names with this text in them.

    DataError: no name has this text.
    """
    console = console or Console()
    given = load(config).features.names
    asked = chosen(given)
    shown = [one for one in (asked.features if only else TABLE) if like in one.name]
    if not shown:
        raise DataError(
            f"no feature{' of the set' if only else ''} has {like!r} in its name{did_you_mean(like, BY_NAME)}"
        )
    console.print(_table(shown, asked))
    console.print(_told(asked), highlight=False, soft_wrap=True)


def _table(shown: Iterable[Feature], asked: FeatureSet) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("place", "feature", "unit", "bars", "warm-up", "dtype"):
        table.add_column(name, justify="right" if name in ("place", "warm-up") else "left", no_wrap=True)
    table.add_column("source", overflow="fold")
    for one in shown:
        place = asked.index.get(one.name)
        style = None if place is None else "bold green"
        bars = f"{one.series.name} of {ARRAYS[one.series.array]}"
        told = (one.name, one.unit, bars, warm_up(one), one.dtype, one.source)
        table.add_row("" if place is None else str(place), *told, style=style)
    return table


def warm_up(one: Feature) -> str:
    """How long it takes until the value is used.

    >>> warm_up(BY_NAME["atr_6_10s"]), warm_up(BY_NAME["return_volume_bar"])
    ('60 s', '2 bars')
    """
    return f"{one.warm_up * one.width_ns // SECOND_NS} s" if one.width_ns else f"{one.warm_up} bars"


def _told(asked: FeatureSet) -> str:
    """What the set comes to, in a few lines."""
    series = [f"{one.name} of {ARRAYS[one.array]}" for one in SERIES if any(f.series == one for f in asked.features)]
    longest = max((one.warm_up * one.width_ns for one in asked.features), default=0) // SECOND_NS
    counted = any(not one.width_ns for one in asked.features)
    wait = f"{longest} s" + (
        f", and bars of activity (taken as {ACTIVITY_LOOK_BACK_NS // SECOND_NS} s)" if counted else ""
    )
    lines = [f"[bold green]{len(asked)}[/] of {len(TABLE)} are chosen, on bars of {', '.join(series)}"]
    return "\n".join([*lines, f"warm after {wait}", f"hash {asked.hash}"])
