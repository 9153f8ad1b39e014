"""The processes of the drill: broker, exchange, gateway, two replicas of trade with clusters of their own, a feed."""

import shutil
import signal
from pathlib import Path

from jobs.adapters.broker import Broker
from jobs.adapters.endpoints import publish
from jobs.adapters.java import jar_arguments
from jobs.adapters.kafka import Group
from jobs.adapters.processes import Process
from jobs.adapters.supervisor import PENSTOCK
from jobs.begin import begin
from jobs.campaign.busy import demo_with
from jobs.run import through_gateway
from schemas.config import load
from schemas.topics import REPLICAS, TICKS

__all__ = ["Stage"]

NAMES = ("exchange", "gateway", "trade-a", "trade-b", "feed")
BUSY = {  # the demonstration with a round trip every second: a pause of a second can be seen
    "round_trip_ns = 30_000_000_000": "round_trip_ns = 1_000_000_000",
    "orders_per_minute_max = 60\n": "orders_per_minute_max = 600\n",
    "orders_per_minute_max = 120\n": "orders_per_minute_max = 1200\n",
}
PAIR = '\n[gateway.pair]\norders = "first"\nlag_ns_max = 4_000_000_000\n'


class Stage:
    """Everything in one folder, begun anew each time; whoever leaves it by `close` leaves nothing running."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._records = folder, folder / "processes"
        self.processes = {name: Process(name, self._records) for name in NAMES}
        self._broker = Broker(folder / "broker")
        self._groups: dict[str, Group] = {}

    def open(self) -> None:
        """Start the broker in an empty folder and begin the logs; what a killed drill left behind is ended first."""
        for process in (*self.processes.values(), Process("broker", self.folder / "broker")):
            if process.attach():
                process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.config = self.folder / "pair.toml"
        self.config.write_text(demo_with(BUSY) + PAIR)
        self.bootstrap = self._broker.start()
        publish(self.folder, bootstrap=self.bootstrap)
        config = through_gateway(load(self.config))
        self.channels = config.universe.channels
        self._groups = {
            name: Group(self.bootstrap, replica.group, TICKS.name, self.channels) for name, replica in REPLICAS.items()
        }
        begin(self.bootstrap, config)

    def start(self, name: str, *more: str) -> None:
        """Start one of the processes; it is ready when `wait_ready` returns."""
        self.processes[name].start([*PENSTOCK, *self._arguments(name), *more])

    def wait_ready(self, name: str, timeout_s: float = 90.0) -> None:
        job = name.partition("-")[0]
        self.processes[name].wait_ready(lambda: self.processes[name].said(f"{job} is running"), timeout_s)

    def kill(self, name: str) -> None:
        """SIGKILL, as the machine's end would be."""
        process = self.processes[name]
        process.check()
        process.send(signal.SIGKILL)
        process.wait(10)

    def is_read(self, replica: str) -> bool:
        """Whether a replica has checkpointed all that the logs hold now."""
        return self._groups[replica].has_read_all()

    def check(self, *names: str) -> None:
        for name in names:
            self.processes[name].check()
        self._broker.check()

    def close(self) -> None:
        for process in self.processes.values():
            process.kill()
        for group in self._groups.values():
            group.close()
        self._broker.kill()

    def _arguments(self, name: str) -> list[str]:
        job, _, replica = name.partition("-")
        bootstrap, folder = ["--bootstrap", self.bootstrap], ["--folder", str(self.folder)]
        channels = ["--channels", ",".join(map(str, self.channels))]
        if job == "exchange":
            return [job, *bootstrap, *channels, *folder]
        if job == "gateway":
            return [job, *bootstrap, *folder, "--config", str(self.config)]
        if job == "feed":
            return [job, *bootstrap, *folder, "--config", str(self.config)]
        return [
            job,
            *bootstrap,
            *channels,
            *folder,
            "--replica",
            replica,
            "--work",
            str(self.folder / f"state-{replica}"),
            *jar_arguments(),
        ]
