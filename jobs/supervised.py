"""One run on this machine that heals itself: on a standalone cluster with a spare, every process kept alive.

    broker → begin → exchange, gateway, archive, trade → feed → all settled → stop in the same order

What dies or freezes is begun again, each part a bounded number of times; `FOLDER/events.jsonl` tells of it. The first
interrupt stops in that order, trade with a savepoint; the second one kills everything, and what was written still
resumes.
"""

import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType

from rich.console import Console

from jobs.adapters.broker import Broker
from jobs.adapters.endpoints import publish, withdraw
from jobs.adapters.processes import ProcessDiedError
from jobs.adapters.resources import SHIPPED, Models
from jobs.adapters.rest import FlinkError
from jobs.adapters.source import Played
from jobs.adapters.supervisor import Supervisor
from jobs.begin import begin
from jobs.execution.in_force import Newest
from jobs.feed import READY
from jobs.settled import Settled
from jobs.supervision.bodies import Job, LocalBroker
from jobs.supervision.engine import Engine
from jobs.supervision.events import Events
from jobs.supervision.kept import Kept
from schemas.config import Config
from schemas.errors import PenstockError, SetupError

SETTLE_S_MAX = 600.0
START_S_MAX = 600.0
ROUND_S = 0.2
STOP_S_MAX = {"gateway": 60.0, "exchange": 20.0, "archive": 120.0}
FEED_STOP_S_MAX = 30.0
INTERRUPTED = 130  # exit status


class SupervisedRun:
    """One run in one folder; resumable like `LocalRun`, by the same command."""

    def __init__(
        self,
        config: Config,
        config_path: Path,
        played: Played,
        folder: Path,
        models: Models = SHIPPED,
    ) -> None:
        self._config, self._config_path, self._models = config, config_path, models
        self._played, self._folder = played, folder
        self._jobs = Supervisor(folder / "processes")
        self._broker = Broker(folder / "broker")
        self._console = Console()
        self._events = Events(folder, self._console)
        self._parts: list[Kept] = []
        self._engine: Engine | None = None
        self._bootstrap: str | None = None  # of the broker that is ours
        self._interrupts = 0

    def go(self) -> int:
        """Run to the end, or to the first interrupt; the exit status."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._interrupt)
        try:
            self._start()
            self._follow()
            self._stop()
        except BaseException:
            self._kill_all()
            raise
        if self._interrupts:
            self._console.print("stopped; `penstock run --cluster` goes on from here")
            return INTERRUPTED
        return 0

    def _start(self) -> None:
        for leftover in self._jobs.end_leftovers():
            self._say(f"ended {leftover}, which an earlier run left behind")
        self._bootstrap = bootstrap = self._broker.start()
        publish(self._folder, bootstrap=bootstrap)
        begin(bootstrap, self._config, *self._models)
        broker = self._keep("broker", LocalBroker(self._broker))
        channels = ",".join(map(str, self._config.universe.channels))
        common = ["--bootstrap", bootstrap, "--channels", channels]
        here, config = ["--folder", str(self._folder)], ["--config", str(self._config_path)]
        for name, arguments in (
            ("exchange", [*common, *here]),
            ("gateway", ["--bootstrap", bootstrap, *here, *config]),
            ("archive", [*common, *here]),
        ):
            self._keep(name, Job(self._jobs, name, *arguments, ready=f"{name} is running"), broker)
        newest = Newest(bootstrap, self._config.universe.channels)
        self._engine = Engine(self._folder, [*common, *self._models.arguments()], self._events.tell, newest)
        self._parts += self._engine.parts(broker)
        self._wait(lambda: all(part.is_up for part in self._parts), START_S_MAX, "everything runs")
        self._is_settled = Settled(bootstrap, self._config.universe.channels, self._folder)
        self._wait(self._is_settled.is_read, START_S_MAX, "trade has read the logs")
        fed = [*self._played.arguments(), *config, *here]
        self._feed = Job(self._jobs, "feed", "--bootstrap", bootstrap, *fed, ready=READY, may_end=True)
        self._keep("feed", self._feed, broker)

    def _keep(self, name: str, body: Job | LocalBroker, *needs: Kept) -> Kept:
        part = Kept(name, body, self._events.tell, needs)
        self._parts.append(part)
        return part

    def _follow(self) -> None:
        """Watch until the feed has ended and every order has met its end, or somebody interrupts."""
        with self._console.status("feeding") as status:
            while not self._feed.has_ended() and not self._interrupts:
                self._tend()
            if self._interrupts:
                return
            status.update("settling")
            self._wait(self._is_settled, SETTLE_S_MAX, "every record is decided and every order at its end")

    def _wait(self, condition: Callable[[], bool], timeout_s: float, what: str) -> None:
        deadline = time.monotonic() + timeout_s
        while not self._interrupts:
            self._tend()
            if all(part.is_up for part in self._parts) and _holds(condition):
                return
            if time.monotonic() > deadline:
                raise SetupError(f"not within {timeout_s:.0f} s: {what}; see {self._folder}/processes")

    def _tend(self) -> None:
        for part in self._parts:
            part.tend()
        if self._engine is not None:
            self._engine.tend()
        time.sleep(ROUND_S)

    def _stop(self) -> None:
        self._end("feed", partial(self._jobs.stop, "feed", FEED_STOP_S_MAX))
        if self._engine is not None:
            self._end("trade", self._engine.stop)
        for name, timeout_s in STOP_S_MAX.items():
            self._end(name, partial(self._jobs.stop, name, timeout_s))
        self._broker.stop()
        withdraw(self._folder, "bootstrap")

    def _end(self, name: str, stop: Callable[[], None]) -> None:
        """Stop a part. An interrupt may find it starting or down: then it is killed, and what is written resumes."""
        try:
            stop()
            self._say(f"{name} has stopped")
        except (ProcessDiedError, FlinkError) as error:
            if not self._interrupts:
                raise
            self._say(f"{name} was killed: {error}")

    def _kill_all(self) -> None:
        self._jobs.kill_all()
        if self._engine is not None:
            self._engine.kill()
        self._broker.kill()
        if self._bootstrap is not None:
            withdraw(self._folder, "bootstrap")  # `reconcile` and others then start the broker for themselves

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self._interrupts += 1
        if self._interrupts > 1:
            self._kill_all()
            raise SystemExit(INTERRUPTED)
        self._console.print("stopping in order; once more kills everything, still resumable")

    def _say(self, text: str) -> None:
        self._console.print(text, style="dim")


def _holds(condition: Callable[[], bool]) -> bool:
    """A question that nobody could answer just now is not answered with yes."""
    try:
        return condition()
    except PenstockError:
        return False
