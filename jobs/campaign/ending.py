"""The early end of a run: its feed is told to stop, and then the run settles and stops as it does at the data's end."""

import signal
import time
from pathlib import Path

from jobs.adapters.processes import Process
from jobs.campaign.victims import find

__all__ = ["ends"]

ROUND_S = 0.5
YOUNG_S = 5.0  # a feed that has just begun does not listen for the signal yet: it would die of it, and be begun again


def ends(folder: Path, child: Process, timeout_s: float) -> bool:
    """Tell the feed of a run to end, and wait for the run's own end; False when it still runs after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    told: set[int] = set()  # a second signal would end the feed at once, and with an error
    while time.monotonic() < deadline:
        feed = find(folder, "feed")
        if feed is not None and feed.pid not in told and time.time() - feed.create_time() > YOUNG_S:
            told.add(feed.pid)
            feed.send_signal(signal.SIGTERM)
        if child.wait(ROUND_S):
            return True
    return False
