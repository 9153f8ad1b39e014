"""The bodies of the parts that are one process: our own jobs, and the broker."""

from jobs.adapters.broker import Broker
from jobs.adapters.kafka import is_serving
from jobs.adapters.processes import Process
from jobs.adapters.supervisor import Supervisor

__all__ = ["Job", "LocalBroker"]

BROKER_START_S_MAX = 240.0  # after a SIGKILL it recovers its log, maybe on a loaded machine


class Job:
    """A `penstock NAME …` process; its main thread runs several times a second, or it hangs.

    `may_end`: ending with status 0 is its normal end, not a death.
    """

    def __init__(self, jobs: Supervisor, name: str, *arguments: str, ready: str | None, may_end: bool = False) -> None:
        self._jobs, self._name, self._arguments = jobs, name, arguments
        self._ready, self._may_end = ready, may_end
        self._process: Process | None = None
        self._pulse: object = None

    def begin(self) -> None:
        self._process = self._jobs.start(self._name, self._name, *self._arguments, may_end=self._may_end)

    def is_ready(self) -> bool:
        assert self._process is not None
        return self._ready is None or self._process.said(self._ready)

    def failure(self) -> str | None:
        assert self._process is not None
        if self._process.is_running() or self.has_ended():
            return None
        return f"ended{self._process.status_text()}"

    def has_ended(self) -> bool:
        """Whether it has done all that it had to do."""
        return self._may_end and self._process is not None and self._process.returncode() == 0

    def answers(self) -> bool:
        assert self._process is not None
        before, self._pulse = self._pulse, self._process.pulse()
        return self._pulse != before or self.has_ended()

    def end(self) -> None:
        self._jobs.kill(self._name)


class LocalBroker:
    """The broker; starting it waits, for nobody can do without it."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def begin(self) -> None:
        self._broker.start(BROKER_START_S_MAX)

    def is_ready(self) -> bool:
        return True

    def failure(self) -> str | None:
        return None if self._broker.pid is not None else "ended"

    def answers(self) -> bool:
        return is_serving(self._broker.bootstrap)

    def end(self) -> None:
        self._broker.kill()
