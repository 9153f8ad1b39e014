"""A run that is there to be struck: begun afresh as a child process, ended early, and nothing of it left running."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from signal import SIGTERM

import psutil

from jobs.adapters import endpoints
from jobs.adapters.patience import until
from jobs.adapters.processes import Process, log_tail
from jobs.campaign.busy import busy_config
from jobs.campaign.events import came_up, down, is_up
from jobs.campaign.oracles import fills
from jobs.campaign.victims import find
from jobs.execution.flag import Flag
from jobs.run import end_leftovers, forget
from jobs.supervision.events import Event, read_events
from schemas.errors import SetupError

__all__ = ["CHANNELS", "Stage", "staged"]

CHANNELS = (0, 1)
STARTED_S_MAX = 600.0
FILLED_S_MAX = 300.0  # of feeding, before something was traded
END_S_MAX = 600.0
ROUND_S = 0.2
LEAD_S = 60.0  # of the past, at once: no order comes before the features are warm


class Stage:
    """A `penstock run --cluster` under way. What waits raises ProcessDiedError when it ends, SetupError in the end."""

    def __init__(self, folder: Path, child: Process) -> None:
        self.folder, self.child = folder, child

    @property
    def bootstrap(self) -> str:
        return endpoints.require(self.folder, "bootstrap")

    def events(self) -> list[Event]:
        return read_events(self.folder)

    def wait(self, condition: Callable[[], bool], timeout_s: float, what: str) -> None:
        until(condition, timeout_s, what, self.child.check, str(self.child.log))

    def wait_fed(self) -> None:
        self.wait(lambda: came_up(self.events(), "feed"), STARTED_S_MAX, "the feed runs")

    def wait_filled(self) -> None:
        """Until an order was filled, or the data end."""
        self.wait(lambda: self.is_traded() or not self.is_feeding(), FILLED_S_MAX, "an order is filled")

    def is_traded(self) -> bool:
        return fills(self.folder) > 0

    def is_feeding(self) -> bool:
        """Whether the data go on; a feed that has died is begun again."""
        return find(self.folder, "feed") is not None or "feed" in down(self.events())

    def end(self) -> None:
        """Tell the feed to end; then the run settles and stops as it does at the data's end."""
        deadline = time.monotonic() + END_S_MAX
        told: set[int] = set()  # a second signal would end the feed at once, and with an error
        while not self.child.wait(ROUND_S):
            feed = find(self.folder, "feed")
            # Only a feed that is up listens: another would die of the signal, and be begun again.
            if feed is not None and feed.pid not in told and is_up(self.events(), "feed"):
                told.add(feed.pid)
                with suppress(psutil.NoSuchProcess):  # it has just ended, or another one will be begun
                    feed.send_signal(SIGTERM)
            if time.monotonic() > deadline:
                raise SetupError(f"the run did not end within {END_S_MAX:.0f} s after its feed; see {self.child.log}")
        if self.child.returncode() != 0:
            raise SetupError(f"the run ended{self.child.status_text()}:\n{log_tail(self.child.log)}")


@contextmanager
def staged(folder: Path, data: Path, pace: float) -> Iterator[Stage]:
    """A fresh run that trades much, in `folder`; however it is left, nothing of it runs afterwards."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    forget(folder)  # at once: the last run's events are not this one's
    Flag(folder).path.unlink(missing_ok=True)
    fed = ["--data", str(data), "--pace", str(pace), "--lead", str(LEAD_S)]
    given = ["--config", str(busy_config(folder.parent)), *fed, "--folder", str(folder), "--no-report"]
    child = Process("run", folder.parent)
    child.start([sys.executable, "-P", "-m", "jobs.main", "run", "--cluster", *given])
    try:
        yield Stage(folder, child)
    finally:
        child.kill()
        end_leftovers(folder)
