"""`penstock cluster up | down | status`: a local standalone Flink cluster that outlives the command."""

from pathlib import Path

from jobs.adapters.cluster import Cluster
from jobs.adapters.endpoints import publish, withdraw
from jobs.adapters.rest import FlinkError, Rest
from schemas.errors import SetupError

__all__ = ["down", "local_cluster", "status", "up"]


def local_cluster(folder: Path = Path(".penstock"), slots: int = 1, metrics_ports: str | None = None) -> Cluster:
    """The cluster of a run's folder, running or not."""
    return Cluster(
        folder / "cluster",
        checkpoints=folder / "checkpoints",
        savepoints=folder / "savepoints",
        slots=slots,
        metrics_ports=metrics_ports,
    )


def up(
    folder: Path = Path(".penstock"), taskmanagers: int = 1, slots: int = 1, metrics_ports: str | None = None
) -> int:
    """Start the cluster and leave it running; one that runs already is left as it is. Raises SetupError."""
    cluster = local_cluster(folder, slots, metrics_ports)
    if cluster.attach():
        print(f"Flink is already up: http://{cluster.rest_address}")
    else:
        cluster.start(taskmanagers)
        print(f"Flink is up with {taskmanagers} TaskManager(s): http://{cluster.rest_address}")
    publish(folder, flink=cluster.rest_address)
    cluster.release()
    return 0


def down(folder: Path = Path(".penstock")) -> int:
    """Stop the cluster; its jobs can be resumed from their retained checkpoints. One that does not run is no error."""
    cluster = local_cluster(folder)
    is_up = cluster.attach()
    cluster.stop()
    withdraw(folder, "flink")
    print("Flink is down." if is_up else "No Flink cluster was running here.")
    return 0


def status(folder: Path = Path(".penstock")) -> int:
    """Print address, TaskManagers and jobs; 1 when no cluster answers."""
    try:
        rest = Rest(local_cluster(folder).rest_address)
        taskmanagers, jobs = rest.taskmanagers(), rest.jobs()
    except (SetupError, FlinkError) as error:
        print(error)
        return 1
    print(f"Flink: http://{rest.address}")
    for name, slots in sorted(taskmanagers.items()):
        print(f"  {name}: {slots} free slot(s)")
    for job, state in jobs.items():
        print(f"  job {job}: {state}")
    return 0
