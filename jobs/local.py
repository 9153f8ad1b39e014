"""The processes of one run on this machine: started in order, watched, stopped in order.

    broker → begin → exchange, gateway, archive, trade → feed → all settled → stop in the same order

The first interrupt stops in that order, trade with a savepoint; the second one kills everything, and what was written
still resumes.
"""

import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from rich.console import Console

from jobs.adapters.broker import Broker
from jobs.adapters.endpoints import publish, withdraw
from jobs.adapters.java import jar_arguments
from jobs.adapters.resources import SHIPPED, Models
from jobs.adapters.source import Played
from jobs.adapters.supervisor import Supervisor
from jobs.begin import begin
from jobs.settled import Settled
from schemas.config import Config
from schemas.errors import SetupError

SETTLE_S_MAX = 90.0
STOP_S_MAX = {"feed": 30.0, "trade": 60.0, "gateway": 60.0, "exchange": 20.0, "archive": 120.0}
INTERRUPTED = 130  # exit status


class LocalRun:
    """One run in one folder."""

    def __init__(
        self, config: Config, config_path: Path, played: Played, folder: Path, models: Models = SHIPPED
    ) -> None:
        self._config, self._config_path, self._models = config, config_path, models
        self._played, self._folder = played, folder
        self._channels = ",".join(map(str, self._config.universe.channels))
        self._jobs = Supervisor(folder / "processes")
        self._broker = Broker(folder / "broker")
        self._console = Console()
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
            self._jobs.kill_all()
            self._broker.kill()
            raise
        if self._interrupts:
            self._console.print("stopped; `make run` goes on from here")
            return INTERRUPTED
        return 0

    def _start(self) -> None:
        for leftover in self._jobs.end_leftovers():
            self._say(f"ended {leftover}, which an earlier run left behind")
        bootstrap = self._broker.start()
        publish(self._folder, bootstrap=bootstrap)
        self._say(f"broker at {bootstrap}")
        begin(bootstrap, self._config, *self._models)
        folder, common = str(self._folder), ["--bootstrap", bootstrap, "--channels", self._channels]
        self._job("exchange", *common, "--folder", folder)
        self._job("gateway", "--bootstrap", bootstrap, "--folder", folder, "--config", str(self._config_path))
        self._job("archive", *common, "--folder", folder)
        self._job(
            "trade",
            *common,
            "--work",
            str(self._folder / "state"),
            "--folder",
            folder,
            *jar_arguments(),
            *self._models.arguments(),
        )
        self._is_settled = Settled(bootstrap, self._config.universe.channels, self._folder)
        self._wait(self._is_settled.is_read, "trade has read the logs")
        data = [*self._played.arguments(), "--config", str(self._config_path), "--folder", folder]
        self._jobs.start("feed", "feed", "--bootstrap", bootstrap, *data, may_end=True)

    def _job(self, name: str, *arguments: str) -> None:
        log = self._folder / "processes" / f"{name}.log"
        log.unlink(missing_ok=True)
        self._jobs.start(name, name, *arguments, ready=lambda: f"{name} is running" in log.read_text())
        self._say(f"{name} is running")

    def _follow(self) -> None:
        """Watch until the feed has ended and every order has met its end, or somebody interrupts."""
        with self._console.status("feeding") as status:
            while "feed" in self._jobs.running() and not self._interrupts:
                self._watch()
            if self._interrupts:
                return
            status.update("settling")
            self._wait(self._is_settled, "every record is decided and every order at its end")

    def _wait(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + SETTLE_S_MAX
        while not condition() and not self._interrupts:
            if time.monotonic() > deadline:
                raise SetupError(
                    f"the pipeline did not settle within {SETTLE_S_MAX:.0f} s; see {self._folder}/processes"
                )
            self._watch()

    def _watch(self) -> None:
        self._jobs.check()
        self._broker.check()
        time.sleep(0.5)

    def _stop(self) -> None:
        for name, timeout_s in STOP_S_MAX.items():
            self._jobs.stop(name, timeout_s)
            self._say(f"{name} has stopped")
        self._broker.stop()
        withdraw(self._folder, "bootstrap")

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self._interrupts += 1
        if self._interrupts > 1:
            self._jobs.kill_all()
            self._broker.kill()
            raise SystemExit(INTERRUPTED)
        self._console.print("stopping in order; once more kills everything, still resumable")

    def _say(self, text: str) -> None:
        self._console.print(text, style="dim")
