"""The processes of a soak: broker, exchange, gateway, archive, trade with its JVM, and the load, in one folder."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil

from jobs.adapters.broker import Broker
from jobs.adapters.endpoints import publish
from jobs.adapters.flink import EMBEDDED_JVM
from jobs.adapters.java import jar_arguments
from jobs.adapters.kafka import bound_topics
from jobs.adapters.processes import Process
from jobs.adapters.supervisor import PENSTOCK
from jobs.begin import begin
from jobs.run import through_gateway
from schemas.config import load

__all__ = ["Stage"]

NAMES = ("exchange", "gateway", "archive", "trade", "load")
READY_S_MAX = 120.0
PARTITION_BYTES_MAX = 256 << 20
# Heaps are touched at once and cannot grow: what a JVM's resident memory does is then not its heap, whose live part is
# measured apart. The broker states its heap itself.
TOUCH = "-XX:+AlwaysPreTouch"
TRADE_JVM = f"{EMBEDDED_JVM} {TOUCH} -Xms384m -Xmx384m -Xmn128m"


class Stage:
    """Begun anew each time; whoever leaves it by `close` leaves nothing running."""

    def __init__(self, folder: Path, config: Path) -> None:
        self.folder, self._config, self._records = folder, config, folder / "processes"
        self.processes = {name: Process(name, self._records) for name in NAMES}
        self.broker = Broker(folder / "broker")

    def open(self, data: Path, rate: float, inject: str | None) -> None:
        """Start all; what a killed soak left in the folder is ended first."""
        for process in (*self.processes.values(), Process("broker", self.folder / "broker")):
            if process.attach():
                process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
        os.environ["JAVA_TOOL_OPTIONS"] = TOUCH
        self.bootstrap = self.broker.start()
        publish(self.folder, bootstrap=self.bootstrap)
        config = through_gateway(load(self._config))
        self.channels = config.universe.channels
        begin(self.bootstrap, config)
        bound_topics(self.bootstrap, PARTITION_BYTES_MAX)
        bootstrap, here = ["--bootstrap", self.bootstrap], ["--folder", str(self.folder)]
        channels, given = ["--channels", ",".join(map(str, self.channels))], ["--config", str(self._config)]
        injected = ["--inject", inject] if inject else []
        self._start("exchange", *PENSTOCK, "exchange", *bootstrap, *channels, *here)
        self._start("gateway", *PENSTOCK, "gateway", *bootstrap, *here, *given)
        self._start("archive", *PENSTOCK, "archive", *bootstrap, *channels, *here)
        work = ["--work", str(self.folder / "state")]
        self._start("trade", *PENSTOCK, "trade", *bootstrap, *channels, *work, *jar_arguments(), *injected)
        steady = (sys.executable, "-P", "-m", "jobs.endurance.steady")
        self._start("load", *steady, *bootstrap, *given, "--data", str(data), "--rate", str(rate))

    def _start(self, name: str, *command: str) -> None:
        process = self.processes[name]
        process.start(command, {**os.environ, "JVM_ARGS": TRADE_JVM})
        process.wait_ready(lambda: process.said(f"{name} is running"), READY_S_MAX)

    def check(self) -> None:
        """Raise ProcessDiedError when one of them does not run."""
        self.broker.check()
        for process in self.processes.values():
            process.check()

    def roles(self) -> Iterator[tuple[str, psutil.Process]]:
        """Every process under its name; a JVM that one of them has started is named after it."""
        pids = {name: process.pid for name, process in self.processes.items()} | {"broker": self.broker.pid}
        for name, pid in pids.items():
            own = psutil.Process(pid)
            yield name, own
            for child in own.children(recursive=True):
                yield f"{name} {child.name()}", child

    def forget(self) -> None:
        """Remove what takes room: topics, state, warehouse. Logs, ledger and figures stay."""
        for name in ("broker", "state", "warehouse"):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def close(self) -> None:
        for process in self.processes.values():
            process.kill()
        self.broker.kill()
