"""`upgrade`: another release takes over the job on the local cluster, where the old one stopped.

    savepoint, and with it the old job's end ─▶ fresh JVMs, which import what is installed now ─▶ the job from there

Until the savepoint is complete nothing is changed: when it fails, the old job goes on, and the error says so. After it
the savepoint is the state, and every error names it and the command that goes on from it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from jobs import trade
from jobs.adapters.checkpoints import newest_checkpoint
from jobs.adapters.clock import wall_ns
from jobs.adapters.cluster import Cluster
from jobs.adapters.endpoints import publish
from jobs.adapters.rest import ENDED, FlinkError
from jobs.adapters.submission import Submission, kept
from jobs.cli.arguments import channel_numbers
from jobs.cluster import local_cluster
from jobs.submit import submit, wait_processing
from schemas.errors import PenstockError, SetupError

# Flink gives a savepoint up after 300 s (jobs/adapters/flink.py); who gives up earlier leaves a job that may yet stop.
SAVEPOINT_S_MAX = 330.0
GOES_ON_S_MAX = 60.0
RUNNING_S_MAX = 180.0
Say = Callable[[str], None]


class Upgraded(NamedTuple):
    """The new job, and when by the wall clock the old one had stopped."""

    job: str
    stopped_ns: int


def upgrade(folder: Path, replica: str = "a", say: Say = print) -> Upgraded:
    """Replace the job that `penstock submit` sent to the local cluster, and the cluster's JVMs.

    Raises SetupError before anything is changed: no such job, another cluster, a log or model that this release cannot
    use. FlinkError: the savepoint failed and the old job goes on, or the new one does not run.
    """
    old, cluster = kept(folder, replica), local_cluster(folder)
    if not cluster.attach():
        raise SetupError(f"no Flink cluster runs in {folder}: `penstock cluster up`, then `penstock submit`")
    try:
        _check(cluster, old)
        say(f"job {old.job}: taking a savepoint")
        savepoint, stopped_ns = _stopped(cluster, old, folder), wall_ns()
        say(f"stopped with savepoint {savepoint}")
        try:
            return Upgraded(_go_on(cluster, old, folder, replica, savepoint), stopped_ns)
        except PenstockError as error:
            rest = f"penstock submit --rest HOST:PORT --savepoint {savepoint} {' '.join(old.arguments)}"
            remedy = f"put a release in place that can, `penstock cluster up`, and: {rest}"
            raise FlinkError(f"the old job is stopped and the new one does not run: {error}\n{remedy}") from error
    finally:
        cluster.release()


def _check(cluster: Cluster, old: Submission) -> None:
    """That this is the cluster, that the job runs and is alone there, and that this release can read its log."""
    if old.rest != cluster.rest_address:
        raise SetupError(
            f"job {old.job} was submitted to {old.rest}, the local cluster is {cluster.rest_address}: its processes "
            "are not ours to replace (Kubernetes: upgradeMode savepoint does the same)"
        )
    others = set(cluster.rest.live_jobs()) - {old.job}
    if others:
        raise SetupError(f"the cluster runs other jobs, which would lose their JVMs: end {', '.join(sorted(others))}")
    if not cluster.rest.is_processing(old.job):
        raise SetupError(f"job {old.job} is {cluster.rest.job_state(old.job)}: only a job that runs can be upgraded")
    given = trade.command_line().parse_args(list(old.arguments))
    trade.check(given.bootstrap, channel_numbers(given.channels), given.models)


def _stopped(cluster: Cluster, old: Submission, folder: Path) -> str:
    try:
        return cluster.stop_with_savepoint(old.job, SAVEPOINT_S_MAX)
    except FlinkError as error:
        if cluster.rest.job_state(old.job) in ENDED:
            newest = newest_checkpoint(folder)
            raise FlinkError(f"{error}\nthe old job has ended; its newest state is {newest}") from error
        wait_processing(cluster.rest, old.job, GOES_ON_S_MAX)
        raise FlinkError(f"nothing is upgraded, the old job goes on: {error}") from error


def _go_on(cluster: Cluster, old: Submission, folder: Path, replica: str, savepoint: str) -> str:
    taskmanagers, fresh = len(cluster.taskmanager_pids()), local_cluster(folder, cluster.slots)
    cluster.stop()
    cluster.release()
    address = fresh.start(max(taskmanagers, 1))
    publish(folder, flink=address)
    try:
        return submit(fresh.rest, old.arguments, replica, folder, savepoint=savepoint, running_s_max=RUNNING_S_MAX)
    except PenstockError:
        for job in fresh.rest.live_jobs():  # a job that cannot restore its state would try again and again
            fresh.rest.cancel(job)
        raise
    finally:
        fresh.release()
