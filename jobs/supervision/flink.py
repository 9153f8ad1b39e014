"""The bodies of a standalone cluster's parts: JobManager, TaskManagers, and the job."""

from pathlib import Path

from jobs.adapters.checkpoints import newest_checkpoint
from jobs.adapters.client import submitted
from jobs.adapters.cluster import Cluster
from jobs.adapters.processes import Process
from jobs.adapters.rest import FlinkError, Rest

__all__ = ["GOOD", "JobManager", "TaskManager", "Trade", "rest"]

REST_S_MAX = 1.0
GOOD = {"INITIALIZING", "CREATED", "RUNNING", "RESTARTING", "FAILING"}  # Flink itself goes on from these


def rest(cluster: Cluster) -> Rest:
    """The JobManager's REST interface, for questions that must not wait."""
    return Rest(cluster.rest_address, REST_S_MAX)


class JobManager:
    """Without it nothing is lost but the jobs it ran: `Trade` submits its own again."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def begin(self) -> None:
        self._cluster.begin_jobmanager()

    def is_ready(self) -> bool:
        return rest(self._cluster).answers()

    def failure(self) -> str | None:
        return None if self._cluster.jobmanager_pid() is not None else "ended"

    def answers(self) -> bool:
        return rest(self._cluster).answers()

    def end(self) -> None:
        self._cluster.end_jobmanager()


class TaskManager:
    """One of them; each new one has a name of its own. The JobManager's heartbeats say whether it lives."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster, self.name = cluster, ""

    def begin(self) -> None:
        self.name = self._cluster.begin_taskmanager()

    def is_ready(self) -> bool:
        return self._is_registered() is True

    def failure(self) -> str | None:
        return None if self.name in self._cluster.taskmanager_pids() else "ended"

    def answers(self) -> bool:
        return self._is_registered() is not False

    def end(self) -> None:
        self._cluster.end_taskmanager(self.name)

    def _is_registered(self) -> bool | None:
        """None when there is nobody to ask: the JobManager's silence is not this one's."""
        try:
            return self.name in rest(self._cluster).taskmanagers()
        except FlinkError:
            return None


class Trade:
    """The job. While its JobManager lives Flink restarts it; a new JobManager gets it from the newest checkpoint."""

    def __init__(self, cluster: Cluster, work: Path, arguments: list[str]) -> None:
        self._cluster, self._work, self._arguments = cluster, work, arguments
        self._client: Process | None = None
        self.id: str | None = None

    def begin(self) -> None:
        newest = newest_checkpoint(self._work)
        self.id = None
        self._client = self._cluster.begin_submission(
            "jobs.trade", *self._arguments, savepoint=newest.as_uri() if newest else None
        )

    def is_ready(self) -> bool:
        if self.id is None:
            return False
        try:
            return rest(self._cluster).is_processing(self.id)
        except FlinkError:
            return False

    def failure(self) -> str | None:
        assert self._client is not None
        if self.id is None:
            self.id = submitted(self._client.output())
        if self.id is None:
            return None if self._client.is_running() else f"was not submitted; see {self._client.log}"
        try:
            state = rest(self._cluster).job_state(self.id)
        except FlinkError:
            return None  # the JobManager's trouble
        return None if state in GOOD else f"is {state} at the JobManager"

    def answers(self) -> bool:
        return True  # a job that hangs is a TaskManager that does, or a checkpoint that Flink gives up

    def end(self) -> None:
        if self._client is not None:
            self._client.kill()

    def stop(self) -> None:
        """End it behind a savepoint, so that nothing is decided twice."""
        if self.id is not None:
            self._cluster.stop_with_savepoint(self.id)
