"""What a campaign came to, as a table: pauses by kind, and how sure one may be."""

from collections.abc import Iterable

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.special import betaincinv

from jobs.campaign.round import Round

__all__ = ["failed", "show", "upper_bound"]

CONFIDENCE = 0.95


def show(rounds: Iterable[Round], console: Console) -> None:
    """Print pauses, what was lost and doubled, and the bound."""
    rounds = list(rounds)
    struck = [one for each in rounds for one in each.struck]
    table = Table(title="What a strike costs, s", title_justify="left")
    for name in ("process", "killed", "frozen", "decisions pause p50", "max", "part back p50", "max"):
        table.add_column(name, justify="left" if name == "process" else "right")
    for kind in sorted({one.kind for one in struck}):
        of_kind = [one for one in struck if one.kind == kind]
        frozen = sum(one.strike.freeze_s > 0 for one in of_kind)
        figures = (*_spread([one.pause_s for one in of_kind]), *_spread([one.back_s for one in of_kind]))
        table.add_row(kind, str(len(of_kind) - frozen), str(frozen), *figures)
    console.print(table)
    for number, each in enumerate(rounds, 1):
        for text in _faults(each):
            console.print(f"round {number}: {text}", style="red", markup=False, highlight=False)
    told = [each.verdict for each in rounds if each.verdict is not None]
    console.print(
        f"{sum(one.orders for one in told):,} orders, {sum(one.executions for one in told):,} executions, "
        f"{sum(one.messages for one in told):,} messages; {sum(one.repeats for one in told):,} records decided again: "
        f"lost {sum(len(one.lost) for one in told)} doubled {sum(len(one.doubled) for one in told)} "
        f"different {sum(len(one.different) for one in told)}",
        highlight=False,
        soft_wrap=True,
    )
    count = min(failed(rounds), len(struck))
    bound = upper_bound(count, len(struck)) if struck else 1.0
    console.print(
        f"{count} of {len(struck)} strikes did harm: < {bound:.1%} at {CONFIDENCE:.0%} (Clopper–Pearson)",
        highlight=False,
        soft_wrap=True,
    )


def failed(rounds: Iterable[Round]) -> int:
    """Rounds in which an oracle found something or the run gave up; each counts as one strike that did harm."""
    return sum(bool(_faults(each)) for each in rounds)


def upper_bound(failures: int, trials: int) -> float:
    """The one-sided exact upper bound of a probability (Clopper and Pearson, 1934).

    >>> round(upper_bound(0, 100), 4)  # the rule of three: 3 / 100
    0.0295
    """
    return float(betaincinv(failures + 1, trials - failures, CONFIDENCE)) if failures < trials else 1.0


def _faults(each: Round) -> list[str]:
    found = [text for one in each.struck for text in one.failures]
    if each.verdict is None:
        return [*found, each.failure]
    return [*found, *each.verdict.faults]


def _spread(values: list[float]) -> tuple[str, str]:
    return f"{np.median(values):.1f}", f"{max(values):.1f}"
