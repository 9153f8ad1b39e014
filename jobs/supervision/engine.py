"""Where `trade` runs in a supervised run: a standalone cluster with a spare."""

from pathlib import Path

from jobs.adapters.cluster import Cluster
from jobs.execution.in_force import Newest
from jobs.supervision.flink import JobManager, TaskManager, Trade
from jobs.supervision.kept import Kept, Tell
from jobs.supervision.spare import Rehearsals

__all__ = ["Engine"]

TASKMANAGERS = 2  # one works, one is the spare
SLOTS = 2  # one for the job, one for rehearsals
# A lost TaskManager is replaced once the spare has taken over: both need the same cores.
REPLACE_AFTER_S = 2.5
# Flink gives a silent one's work to the spare after three seconds; the process itself has longer to come back.
REPLACE_SILENT_S = 15.0


class Engine:
    """JobManager, two TaskManagers and the job; the spare TaskManager has rehearsed before it is needed."""

    def __init__(self, folder: Path, arguments: list[str], tell: Tell, newest: Newest) -> None:
        state = folder / "state"
        checkpoints, savepoints = state / "checkpoints", state / "savepoints"
        self._cluster = Cluster(folder / "cluster", checkpoints=checkpoints, savepoints=savepoints, slots=SLOTS)
        self._tell = tell
        given = [*arguments, "--lean"]
        self._trade = Trade(self._cluster, state, given)
        self._newest = newest
        self._rehearsals = Rehearsals(self._cluster, given, tell, newest)

    def parts(self, broker: Kept) -> list[Kept]:
        self._cluster.prepare()
        jobmanager = Kept("jobmanager", JobManager(self._cluster), self._tell)
        taskmanagers = [
            Kept(
                f"taskmanager {slot}",
                TaskManager(self._cluster),
                self._tell,
                delay_s=REPLACE_AFTER_S,
                frozen_s=REPLACE_SILENT_S,
            )
            for slot in range(1, 1 + TASKMANAGERS)
        ]
        trade = Kept("trade", self._trade, self._tell, (broker, jobmanager))
        return [jobmanager, *taskmanagers, trade]

    def tend(self) -> None:
        if self._trade.id is not None:
            self._rehearsals.tend(self._trade.id)

    def stop(self) -> None:
        """End the job behind a savepoint, then the JVMs; FlinkError without one: then the newest checkpoint serves."""
        self._rehearsals.end()
        self._newest.close()
        try:
            self._trade.stop()
        finally:
            self._trade.end()
            self._cluster.stop()

    def kill(self) -> None:
        self._rehearsals.end()
        self._trade.end()
        self._cluster.stop()
