"""A local Kafka broker: one KRaft node as a child process, on ports of 127.0.0.1 that were free."""

import json
import os
import shutil
import socket
import subprocess
from pathlib import Path

from jobs.adapters.endpoints import LOCALHOST, free_port, is_open
from jobs.adapters.java import find_jars, find_java, settings
from jobs.adapters.processes import Process, ProcessDiedError, log_tail
from schemas.errors import SetupError

__all__ = ["Broker"]

DISK_FREE_BYTES_MIN = 1 << 30
CLUSTER_ID = "penstock-local-kafka-0"  # 22 characters, as Kafka's own ids
# C1 alone, as for Flink: what C2 would gain in a broker that lives for minutes goes into its compiling.
JVM = (
    "-XX:TieredStopAtLevel=1",
    *("-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Djava.net.preferIPv4Stack=true"),
)
STARTED = "Kafka Server started"


class Broker:
    """One broker over one folder; what its topics hold survives stop, crash and start.

    The folder gets `data/` (Kafka's logs), `ports.json`, `server.properties`, `broker.log` and `broker.pid`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._process = Process("broker", self._folder)

    @property
    def bootstrap(self) -> str:
        """The address for clients, `127.0.0.1:port`; the same over restarts while nobody else takes the port."""
        return f"{LOCALHOST}:{self._ports()['broker']}"

    @property
    def pid(self) -> int | None:
        """The JVM's process id; None when it does not run."""
        return self._process.pid

    @property
    def log(self) -> Path:
        """What the broker printed."""
        return self._process.log

    def start(self, timeout_s: float = 90.0) -> str:
        """Start, or start again on the same data; returns the bootstrap address once the broker serves.

        Does nothing when it runs already. A broker that a killed run left on this folder is ended first. SetupError:
        no Java, no jars, another living run on this folder, unusable folder or disk, or a broker that does not start
        (with the end of its log).
        """
        if self._process.is_running():
            return self.bootstrap
        java, jars = find_java(), find_jars("kafka")
        self._check_disk()
        self._process.claim()
        try:
            self._process.end_leftover()
            self._choose_ports()
            self._write_properties()
            self._format(java, jars)
            self._process.start(self._command(java, jars, "kafka.Kafka"), cwd=self._folder)
            self._process.wait_ready(self._is_ready, timeout_s)
        except ProcessDiedError as error:
            self._process.kill()
            raise SetupError(f"the local broker does not start in {self._folder}: {error}") from error
        except BaseException:
            self._process.kill()
            raise
        return self.bootstrap

    def check(self) -> None:
        """Raise ProcessDiedError, with the end of the log, when the broker does not run."""
        self._process.check()

    def is_running(self) -> bool:
        """Whether the JVM runs and its port answers."""
        return self._process.is_running() and is_open(self.bootstrap)

    def stop(self, timeout_s: float = 20.0) -> None:
        """Ask the broker to shut down, wait, then kill; nothing of it runs afterwards."""
        self._process.stop(timeout_s)

    def kill(self) -> None:
        """SIGKILL; the next start recovers the log."""
        self._process.kill()

    def _is_ready(self) -> bool:
        return self._process.said(STARTED) and is_open(self.bootstrap)

    def _check_disk(self) -> None:
        try:
            (self._folder / "data").mkdir(parents=True, exist_ok=True)
            probe = self._folder / "data" / ".writable"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise SetupError(f"the broker cannot write its data: {error}; choose another folder") from error
        free = shutil.disk_usage(self._folder).free
        if free < DISK_FREE_BYTES_MIN:
            raise SetupError(
                f"{free >> 20} MiB are free at {self._folder}, the broker needs {DISK_FREE_BYTES_MIN >> 20}: "
                "free some space or choose another folder"
            )

    def _choose_ports(self) -> None:
        """Keep the ports of the last start if they are free, else choose new ones."""
        known = self._ports()
        ports = {name: known[name] if _is_free(known.get(name)) else free_port() for name in ("broker", "controller")}
        (self._folder / "ports.json").write_text(json.dumps(ports))

    def _ports(self) -> dict[str, int]:
        try:
            found = json.loads((self._folder / "ports.json").read_text())
        except (OSError, ValueError):
            return {}
        return dict(found)

    def _write_properties(self) -> None:
        ports = self._ports()
        broker, controller = (f"{LOCALHOST}:{ports[name]}" for name in ("broker", "controller"))
        own = {
            "listeners": f"PLAINTEXT://{broker},CONTROLLER://{controller}",
            "advertised.listeners": f"PLAINTEXT://{broker}",
            "controller.quorum.voters": f"1@{controller}",
            "log.dirs": str(self._folder / "data"),
        }
        lines = [settings("server.properties").read_text(), *(f"{key}={value}" for key, value in own.items())]
        self._properties.write_text("\n".join(lines) + "\n")

    @property
    def _properties(self) -> Path:
        return self._folder / "server.properties"

    def _format(self, java: Path, jars: Path) -> None:
        """Give an empty data folder its cluster id; a formatted one is left alone."""
        if (self._folder / "data" / "meta.properties").exists():
            return
        tool = self._command(java, jars, "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c")
        with (self._folder / "format.log").open("wb") as log:
            done = subprocess.run(tool, stdout=log, stderr=log, timeout=60, check=False, start_new_session=True)
        if done.returncode != 0:
            tail = log_tail(self._folder / "format.log")
            raise SetupError(f"Kafka cannot format {self._folder / 'data'}:\n{tail}")

    def _command(self, java: Path, jars: Path, main: str, *arguments: str) -> list[str]:
        log4j = f"-Dlog4j2.configurationFile={settings('log4j2.properties')}"
        return [str(java), *JVM, log4j, "-cp", f"{jars}{os.sep}*", main, *arguments, str(self._properties)]


def _is_free(port: int | None) -> bool:
    if port is None:
        return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Kafka does: old connections do not matter
        try:
            probe.bind((LOCALHOST, port))
        except OSError:
            return False
    return True
