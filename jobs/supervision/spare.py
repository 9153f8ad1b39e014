"""The rehearsals of the TaskManagers that do not work: what makes a spare one warm, and the replaced one after it."""

import time
from collections import Counter
from collections.abc import Callable

from jobs.adapters.client import submitted
from jobs.adapters.cluster import Cluster
from jobs.adapters.processes import Process
from jobs.adapters.rest import FlinkError, Rest
from jobs.supervision.flink import GOOD, rest
from jobs.supervision.kept import Tell
from schemas.errors import SetupError

__all__ = ["Rehearsals"]

LOOK_S = 0.5
TRIES_MAX = 2  # a cold spare serves, too, only later
REHEARSAL_S_MAX = 240.0


class Rehearsals:
    """One after another, beside the working job, in each TaskManager that has not run the operator yet.

    They run in the second slot, so that a takeover never waits for a rehearsal to end. Tells `warm` of a TaskManager
    that knows the job, having rehearsed it or worked, and `cold` of each rehearsal that failed, and of those that a
    new term has made strangers. `newest` says which term's number that is.
    """

    def __init__(self, cluster: Cluster, arguments: list[str], tell: Tell, newest: Callable[[], int]) -> None:
        self._cluster, self._arguments, self._tell, self._newest = cluster, arguments, tell, newest
        self._term = 0
        self._warm: set[str] = set()
        self._tries: Counter[str] = Counter()
        self._job = self._spare = self._state = ""
        self._client: Process | None = None
        self._begun_s = self._looked_s = 0.0

    def tend(self, job: str) -> None:
        """Begin a rehearsal where one is due, or see whether the running one has ended."""
        if time.monotonic() - self._looked_s < LOOK_S:
            return
        self._looked_s = time.monotonic()
        try:
            asked = rest(self._cluster)
            if self._client is not None:
                self._follow(asked, self._client)
            elif asked.is_processing(job):
                self._look(asked, job)
        except (FlinkError, SetupError):
            pass  # no JobManager or no broker, no rehearsal

    def end(self) -> None:
        if self._client is not None:
            self._client.kill()

    def _look(self, asked: Rest, job: str) -> None:
        if job != self._job:  # of a new JobManager, under which a rehearsal may succeed
            self._job, self._tries = job, Counter()
        hosts = asked.hosts(job)
        self._begin_term(self._newest(), hosts)
        for name in hosts - self._warm:
            self._learned(name, "it works")
        known = self._warm | {name for name, tries in self._tries.items() if tries == TRIES_MAX}
        cold = [name for name, free in asked.taskmanagers().items() if free and name not in known]
        completed, _ = asked.checkpoints(job)
        if cold and completed:  # until then the job itself is still loading kernels and models, and needs the cores
            self._spare, self._state, self._begun_s = cold[0], "", time.monotonic()
            self._tries[self._spare] += 1
            given = [*self._arguments, "--term", str(self._term)]
            self._client = self._cluster.begin_submission("jobs.rehearse", *given)

    def _begin_term(self, number: int, hosts: set[str]) -> None:
        """Another term has other kernels and models: who does not work by it knows it no more."""
        if number == self._term:
            return
        for name in self._warm - hosts:
            self._tell(name, "cold", f"term {number} has begun, of which it has seen nothing")
        self._term, self._warm, self._tries = number, self._warm & hosts, Counter()

    def _follow(self, asked: Rest, client: Process) -> None:
        job = submitted(client.output())
        is_late = time.monotonic() - self._begun_s > REHEARSAL_S_MAX
        if client.is_running() and not is_late:
            return
        before, self._state = self._state, asked.job_state(job) if job else "FAILED"
        if is_late and job:
            asked.ask_to_cancel(job)
        elif self._state in GOOD or self._state != before:  # UNKNOWN for a moment at its end: two looks must agree
            return
        hosts = asked.hosts(job) if job and self._state == "FINISHED" else set()
        for name in hosts - self._warm:
            self._learned(name, f"it rehearsed for {time.monotonic() - self._begun_s:.1f} s")
        if self._spare not in self._warm:
            self._tell(self._spare, "cold", f"{self._trouble(hosts, is_late)}; see {client.log}")
        client.kill()
        self._client = None

    def _trouble(self, hosts: set[str], is_late: bool) -> str:
        why = f"its rehearsal was not done within {REHEARSAL_S_MAX:.0f} s" if is_late else "its rehearsal failed"
        if hosts:
            why = f"its rehearsal ran in {', '.join(sorted(hosts))}"  # which came, or became empty, meanwhile
        return f"{why}: {'once more' if self._tries[self._spare] < TRIES_MAX else 'it stays so'}"

    def _learned(self, name: str, how: str) -> None:
        self._warm.add(name)
        self._tell(name, "warm", how)
