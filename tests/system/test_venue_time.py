"""`penstock parity --venue-time` with a real Flink: late and out-of-order trades, and a changed price that is found."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from jobs.results.store import open_archive, read_term
from jobs.results.venue import OUT_OF_ORDER_MS, read_trades
from jobs.venue_time import REPORT
from schemas.features import BAR_WIDTHS_NS
from schemas.frame import decode, encode
from schemas.records import Kind, TickKind
from schemas.topics import TICKS
from tests.jobs.archived import archive, played_topics
from tests.jobs.results.slow_venue import slow_bars

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

SECONDS = 70  # beyond the end of a minute, where trades are late in the widest windows too
BOTH = """
import sys
from pathlib import Path
from jobs.venue_time import venue_time
sys.exit(venue_time(Path(sys.argv[1])) * 2 + venue_time(Path(sys.argv[1]), mutate=True))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An archived run in which every ninth trade of a frame of channel 1 comes 3.5 s late."""
    topics = played_topics(SECONDS)
    log = topics[TICKS.name][1]
    for at, frame in enumerate(map(decode, log)):
        if frame.kind != Kind.TICKS:
            continue
        records = frame.records.copy()
        trades = np.flatnonzero(records["kind"] == TickKind.TRADE)
        records["venue_ns"][trades[::9]] -= 3_500_000_000
        log[at] = encode(replace(frame, records=records))
    archive(topics, tmp_path)
    return tmp_path


def test_flink_and_numpy_agree_late_trades_included_and_a_changed_price_is_found(folder: Path) -> None:
    done = subprocess.run([sys.executable, "-c", BOTH, str(folder)], capture_output=True, text=True, timeout=500)
    assert done.returncode == 1, done.stdout + done.stderr  # 0 as it was, 1 with the change
    assert ": 0 differ" in done.stdout
    assert "is 1 unit higher for Flink" in done.stdout
    found = {one["quantity"]: one for one in json.loads((folder / REPORT).read_bytes())}
    with open_archive(folder) as store:
        trades, _ = read_trades(store, read_term(store))
    backwards = (trades["venue_ns"][1:] < trades["venue_ns"][:-1]).sum()
    assert backwards > 100, "the trades are in order: nothing was tried"
    for width_ns in BAR_WIDTHS_NS:
        bars, late = slow_bars(trades.tolist(), width_ns, OUT_OF_ORDER_MS)
        name = f"{width_ns // 10**9}-s venue-time bars"
        assert late, "no trade is late: nothing was tried"
        assert found[f"{name}: close"]["compared"] == len(bars)
        assert found[f"{name}: late trades"]["compared"] == len(late)
