"""Everything around the job that is upgraded: broker, cluster, feed, archive; a gateway and an exchange where asked."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from jobs.adapters.broker import Broker
from jobs.adapters.endpoints import publish, withdraw
from jobs.adapters.kafka import read_all
from jobs.adapters.patience import until
from jobs.adapters.processes import log_tail
from jobs.adapters.rest import Rest
from jobs.adapters.source import find_capture
from jobs.adapters.supervisor import Supervisor
from jobs.begin import begin
from jobs.campaign.busy import busy_config
from jobs.cluster import local_cluster
from jobs.run import end_leftovers
from jobs.settled import Settled
from jobs.submit import submit
from jobs.upgrading.cut import cut
from schemas.config import load, with_orders
from schemas.topics import DECISIONS

Mode = Literal["lock-step", "gateway"]
MODES: tuple[Mode, ...] = ("lock-step", "gateway")
PACE: dict[Mode, float] = {"lock-step": 6.0, "gateway": 4.0}
READ_S_MAX = 240.0  # a first frame waits for the kernels of a fresh interpreter
STOP_S_MAX = {"feed": 30.0, "gateway": 60.0, "exchange": 20.0, "archive": 120.0}


class Stage:
    """One small run in a folder of its own, begun anew; whoever leaves it by `close` leaves nothing running."""

    def __init__(self, folder: Path, mode: Mode) -> None:
        self.folder, self._mode = folder, mode
        self._broker, self._jobs = Broker(folder / "broker"), Supervisor(folder / "processes")

    def open(self, seconds: float) -> None:
        """Start everything, the first `seconds` of the checkout's capture last, and submit the job."""
        end_leftovers(self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)
        data = cut(find_capture(), self.folder / "data", seconds)
        path = busy_config(self.folder)
        config = with_orders(load(path), self._mode)
        self._channels = config.universe.channels
        self.bootstrap = self._broker.start()
        publish(self.folder, bootstrap=self.bootstrap)
        begin(self.bootstrap, config)
        cluster = local_cluster(self.folder)
        cluster.start()
        cluster.release()
        channels = ",".join(map(str, self._channels))
        own = ["--bootstrap", self.bootstrap, "--folder", str(self.folder)]
        if self._mode == "gateway":
            self._start("exchange", *own, "--channels", channels)
            self._start("gateway", *own, "--config", str(path))
        self._start("archive", *own, "--channels", channels)
        submit(Rest(cluster.rest_address), ["--bootstrap", self.bootstrap, "--channels", channels], "a", self.folder)
        self._settled = Settled(self.bootstrap, self._channels, self.folder)
        self.wait(self._settled.is_read, READ_S_MAX, "trade has read the logs")
        fed = ["--bootstrap", self.bootstrap, "--data", str(data), "--config", str(path)]
        self._jobs.start("feed", "feed", *fed, "--pace", str(PACE[self._mode]), may_end=True)

    def has_decided(self) -> bool:
        return bool(self.decided_ms())

    def decided_ms(self) -> list[int]:
        """When by the broker's clock each message of decisions came."""
        messages = (message for one in self._channels for message in read_all(self.bootstrap, DECISIONS.name, one))
        return [message.timestamp_ms for message in messages]

    def wait(self, condition: Callable[[], bool], timeout_s: float, what: str) -> None:
        """Until the condition holds; raises when time is up, and when a process has died."""
        until(condition, timeout_s, what, self._check, f"{self.folder}/processes")

    def end_feed(self) -> None:
        """Let no more of the capture come."""
        self._jobs.stop("feed", STOP_S_MAX["feed"])

    def finish(self, timeout_s: float) -> None:
        """Wait until every record is decided and every order at its end, and stop all but the broker.

        An order of the lock-step exchange that the log ends before has no end.
        """
        self.wait(lambda: "feed" not in self._jobs.running(), timeout_s, "the feed ends")
        settled = self._settled if self._mode == "gateway" else self._settled.is_read
        self.wait(settled, timeout_s, "all is decided")
        self._end_cluster()
        for name, stop_s in STOP_S_MAX.items():
            self._jobs.stop(name, stop_s)

    def close(self) -> None:
        self._jobs.kill_all()
        self._end_cluster()
        self._broker.stop()
        withdraw(self.folder, "bootstrap", "flink")

    def _check(self) -> None:
        self._jobs.check()
        self._broker.check()

    def _end_cluster(self) -> None:
        cluster = local_cluster(self.folder)
        cluster.attach()
        cluster.stop()

    def _start(self, name: str, *arguments: str) -> None:
        log = self.folder / "processes" / f"{name}.log"
        self._jobs.start(name, name, *arguments, ready=lambda: f"{name} is running" in log_tail(log))
