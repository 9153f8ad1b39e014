"""`penstock latency`: where the time goes between a venue's clock and the broker's answer, by hop and order.

Read from the view `latency` of the archive. Published, received and decided are wall clocks of trade's machine;
received, synced, sent and acknowledged of the gateway's. The venue's clock is its own, and so is the feed's when it
replays the past: the first hop is between these two, of the last tick that the decision knew of its instrument, and may
be negative; for the second the receive time of the record at which the order was decided, often a heartbeat, is brought
to the wall clock by the pace of the feed's run. A stamp that is missing makes its hops missing, never zero.
"""

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from rich.table import Table

from jobs.results.picture import recording
from jobs.results.store import Store, open_archive

PICTURE = "latency.svg"
PERCENTILES = (50, 90, 99, 100)
HOPS = (
    ("venue → feed received (two clocks)", "venue", "tick"),
    ("feed received → published", "feed_due", "published"),
    ("published → trade received", "published", "trade_received"),
    ("trade received → decided", "trade_received", "decided"),
    ("decided → gateway received", "decided", "gateway_received"),
    ("gateway received → ledger synced", "gateway_received", "synced"),
    ("ledger synced → sent", "synced", "sent"),
    ("sent → acknowledged", "sent", "acknowledged"),
    ("published → sent", "published", "sent"),
    ("published → acknowledged", "published", "acknowledged"),
    ("feed received → acknowledged", "feed_due", "acknowledged"),
)
_BAR_CELLS, _SHORTEST_NS = 28, 1_000  # the bar is logarithmic, from a microsecond


class Hop(NamedTuple):
    """The samples of a hop in ns, and how many orders lack one of its stamps."""

    name: str
    samples_ns: npt.NDArray[np.int64]
    missing: int


def latency(folder: Path, warehouse: str | None = None) -> int:
    """Print percentiles of every hop, and write the same as a picture; 1 when no order was stamped."""
    with open_archive(folder, warehouse) as store:
        found = hops(stamps(store))
    console = recording()
    console.print(_table(found))
    console.save_svg(str(folder / PICTURE), title="penstock latency")
    console.print(f"picture: {folder / PICTURE}", highlight=False, soft_wrap=True)
    return 0 if any(len(hop.samples_ns) for hop in found) else 1


def stamps(store: Store) -> pa.Table:
    """The stamps of every archived order, a column a stamp, null where there is none."""
    names = dict.fromkeys(name for _, begin, end in HOPS for name in (begin, end))
    return store.ask(f"SELECT {', '.join(f'{name}_ns AS {name}' for name in names)} FROM latency ORDER BY order_id")


def hops(table: pa.Table) -> list[Hop]:
    """Every hop over all orders.

    >>> whole = {name: [None, None] for _, *both in HOPS for name in both} | {"sent": [5, None], "acknowledged": [9, 9]}
    >>> [hop] = [hop for hop in hops(pa.table(whole)) if len(hop.samples_ns)]
    >>> hop.name, hop.samples_ns.tolist(), hop.missing
    ('sent → acknowledged', [4], 1)
    """
    found = []
    for name, begin, end in HOPS:
        after, before = (table[one].cast(pa.int64()) for one in (end, begin))
        taken = pc.subtract(after, before).drop_null()
        found.append(Hop(name, taken.to_numpy(), len(table) - len(taken)))
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
