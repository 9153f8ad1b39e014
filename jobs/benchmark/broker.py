"""The broker side of a measurement: logs into topics, and the worker that runs jobs over them."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jobs.adapters.flink_home import flink_home, prepare
from jobs.adapters.kafka import Producer, create_topics
from jobs.benchmark.log import CHANNELS, Log, interleaved
from schemas.errors import SetupError
from schemas.topics import FOR_EVER, Topic


def make_topic(bootstrap: str, name: str) -> None:
    """A topic with a partition a channel."""
    topic = Topic(name=name, what="a measurement", writes="bench", reads="bench", retention_ms=FOR_EVER)
    create_topics(bootstrap, range(CHANNELS), topics=[topic])


def preload(bootstrap: str, topic: str, logs: Sequence[Log]) -> None:
    """Make the topic and write whole logs into it, a channel a partition."""
    make_topic(bootstrap, topic)
    producer = Producer(bootstrap, linger_ms=5)
    for channel, data in interleaved(logs):
        producer.send(topic, channel, data)
    producer.flush()


class Worker:
    """The process with the JVM (`jobs.benchmark.worker`); one command, one answer."""

    def __init__(self, bootstrap: str, folder: Path, models: Path | None) -> None:
        self.times, self._log = folder / "times-0.json", folder / "worker.log"
        prepare(folder, {})
        command = [sys.executable, "-P", "-m", "jobs.benchmark.worker"]
        command += ["--bootstrap", bootstrap, "--folder", str(folder)]
        command += ["--models", str(models)] if models else []
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
                env=_environment(folder),
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, **command: object) -> None:
        """Send a command and wait for the answer; SetupError, with the end of the log, when the worker ended."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            if line.startswith("{"):
                return
        raise SetupError(f"the benchmark's Flink ended: {self._log.read_text()[-2000:]}")

    def run(self, job: str, topic: str) -> dict[str, Any]:
        """Run a job to the end of a topic; its operator's times."""
        self.times.unlink(missing_ok=True)
        self.ask(job=job, topic=topic, bounded=True)
        found: dict[str, Any] = json.loads(self.times.read_text())
        return found

    def close(self) -> None:
        """End the process and its JVM."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def _environment(folder: Path) -> dict[str, str]:
    """The connector lies on the JVM's own class path: what the JIT compiled in one job is there for the next.

    Flink's thread mode asks the first `python` on PATH for pemja.
    """
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return {**os.environ, "PATH": path, "FLINK_HOME": str(flink_home()), "FLINK_LIB_DIR": str(folder / "lib")}
