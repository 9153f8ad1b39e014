"""`penstock latency`: where the time goes between a published frame and the broker's answer, by hop and order.

All stamps are wall clocks of this machine: published by the feed, received and decided by trade, received, synced,
sent and acknowledged by the gateway. Venue and feed times are another clock (of the capture: 1.27 s behind the venue's)
and are not subtracted from these. A stamp that is missing makes its hops missing, never zero.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from jobs.adapters.sqlite import read_only
from jobs.gateway import LEDGER
from jobs.results.store import Store, open_archive

PICTURE = "latency.svg"
PERCENTILES = (50, 90, 99, 100)
HOPS = (
    ("feed published → trade received", "published", "received"),
    ("trade received → decided", "received", "decided"),
    ("decided → gateway received", "decided", "arrived"),
    ("gateway received → ledger synced", "arrived", "synced"),
    ("ledger synced → sent", "synced", "sent"),
    ("sent → acknowledged", "sent", "acknowledged"),
    ("feed published → sent", "published", "sent"),
    ("feed published → acknowledged", "published", "acknowledged"),
)
_TRADE = ("published", "received", "decided")
_GATEWAY = {"received_wall_ns": "arrived"} | {f"{name}_wall_ns": name for name in ("synced", "sent", "acknowledged")}
_BAR_CELLS, _SHORTEST_NS = 28, 1_000  # the bar is logarithmic, from a microsecond

Stamps = dict[str, dict[str, int]]  # by order id; 0 = not stamped


class Hop(NamedTuple):
    """The samples of a hop in ns, and how many orders lack one of its stamps."""

    name: str
    samples_ns: npt.NDArray[np.int64]
    missing: int


def latency(folder: Path, warehouse: str | None = None) -> int:
    """Print percentiles of every hop, and write the same as a picture; 1 when no order was stamped."""
    with open_archive(folder, warehouse) as store:
        found = hops(stamps_of(store, folder / LEDGER))
    console = Console(record=True)
    console.print(_table(found))
    console.save_svg(str(folder / PICTURE), title="penstock latency")
    console.print(f"picture: {folder / PICTURE}", highlight=False, soft_wrap=True)
    return 0 if any(len(hop.samples_ns) for hop in found) else 1


def stamps_of(store: Store, ledger: Path) -> Stamps:
    """The stamps of every archived order; the gateway's only where it has run."""
    columns = ", ".join(f"wall_{name}_ns AS {name}" for name in _TRADE)
    rows = store.ask(f"SELECT id, {columns} FROM orders WHERE action = 'new' ORDER BY _partition, _offset").to_pylist()
    stamps: Stamps = {row["id"]: {name: row[name] for name in _TRADE} for row in rows}
    if not ledger.exists():
        return stamps
    with read_only(ledger) as connection:
        for row in connection.execute(f"SELECT id, {', '.join(_GATEWAY)} FROM orders"):
            stamps.setdefault(row["id"], {}).update({name: row[column] for column, name in _GATEWAY.items()})
    return stamps


def hops(stamps: Mapping[str, Mapping[str, int]]) -> list[Hop]:
    """Every hop over all orders.

    >>> [hop] = [hop for hop in hops({"a-0-1-1": {"sent": 5, "acknowledged": 9}}) if len(hop.samples_ns)]
    >>> hop.name, hop.samples_ns.tolist(), hop.missing
    ('sent → acknowledged', [4], 0)
    """
    found = []
    for name, begin, end in HOPS:
        both = [(one.get(begin, 0), one.get(end, 0)) for one in stamps.values()]
        whole = [after - before for before, after in both if before and after]
        found.append(Hop(name, np.array(whole, np.int64), len(both) - len(whole)))
    return found


def _table(found: list[Hop]) -> Table:
    table = Table(title="latency by order, wall clocks of this machine", title_justify="left", box=None, padding=(0, 1))
    for name in ("hop", "p50", "p90", "p99", "max", "orders", "missing", "p50 █ to p99 ░, 1 µs to 10 s"):
        table.add_column(name, header_style="dim", justify="left" if name.startswith(("hop", "p50 █")) else "right")
    for hop in found:
        if not len(hop.samples_ns):
            table.add_row(hop.name, *["missing"] * len(PERCENTILES), "0", f"{hop.missing:,}", "", style="dim")
            continue
        values = np.percentile(hop.samples_ns, PERCENTILES, method="higher").tolist()
        told = (f"{value / 1e6:,.3f} ms" for value in values)
        table.add_row(hop.name, *told, f"{len(hop.samples_ns):,}", f"{hop.missing:,}", _bar(values[0], values[2]))
    return table


def _bar(p50_ns: int, p99_ns: int) -> str:
    """Cells up to the median full, from there to the 99th percentile light; each decade has four."""
    full, whole = (round(4 * math.log10(max(value, _SHORTEST_NS) / _SHORTEST_NS)) for value in (p50_ns, p99_ns))
    full, whole = min(full, _BAR_CELLS), min(whole, _BAR_CELLS)
    return "█" * full + "░" * (whole - full)
