"""A local standalone Flink cluster from the apache-flink wheel: JVMs as child processes, on free ports of 127.0.0.1.

The JVMs are started directly rather than through the wheel's shell scripts: their process ids are known, and no helper
JVM has to compute the command lines. A TaskManager's id in Flink is the name of its process here.
"""

import re
import shutil
import signal
from pathlib import Path

from jobs.adapters.client import client_command, run_client
from jobs.adapters.endpoints import LOCALHOST, free_port
from jobs.adapters.flink_home import environment, java_command, prepare, reporter
from jobs.adapters.processes import Process, ProcessDiedError
from jobs.adapters.rest import Rest
from schemas.errors import SetupError

__all__ = ["Cluster"]

JOBMANAGER = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint"
TASKMANAGER = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner"
# C1 alone: what these JVMs run is either Python or soon over, and a restart waits for their compiler.
JVM_JOBMANAGER = (
    "-Dpenstock.log.level=info",
    "-XX:TieredStopAtLevel=1",
    "-Xms128m",
    "-Xmx512m",
    "-XX:MaxMetaspaceSize=256m",
)
# Heap and direct memory are the sums that settings/flink.yaml states.
JVM_TASKMANAGER = (
    "-Dpenstock.log.level=info",
    "-XX:TieredStopAtLevel=1",
    "-Xms768m",
    "-Xmx768m",
    "-XX:MaxDirectMemorySize=256m",
    "-XX:MaxMetaspaceSize=256m",
)
STOP_TIMEOUT_S = 15.0


class Cluster:
    """One JobManager and some TaskManagers over one folder (settings, jars, logs, process records).

    `checkpoints` and `savepoints` are folders; checkpoints are retained when a job is cancelled or the cluster stops.
    `slots` per TaskManager: 1 unless you know why, for the slots of a JVM share one interpreter lock.
    `metrics_ports`, FIRST-LAST: where the JVMs serve Flink's metrics, on every interface; None: they do not.
    """

    def __init__(
        self, folder: Path, *, checkpoints: Path, savepoints: Path, slots: int = 1, metrics_ports: str | None = None
    ) -> None:
        self._folder = folder.resolve()
        self._checkpoints = checkpoints.resolve()
        self._savepoints = savepoints.resolve()
        self._slots = slots
        self._metrics_ports = metrics_ports
        self._jobmanager = Process("jobmanager", self._folder)
        self._taskmanagers: dict[str, Process] = {}
        self._gone = 0  # the highest number of a TaskManager that was ended

    @property
    def rest(self) -> Rest:
        """The cluster's REST interface; SetupError when no cluster was ever started here."""
        return Rest(self.rest_address)

    @property
    def rest_address(self) -> str:
        """`127.0.0.1:port` of REST and web pages."""
        port = self._setting("rest.port")
        if port is None:
            raise SetupError(f"no Flink cluster was started in {self._folder}: run `penstock cluster up`")
        return f"{LOCALHOST}:{port}"

    @property
    def slots(self) -> int:
        """Of each TaskManager of the cluster that was started here last."""
        return int(self._setting("taskmanager.numberOfTaskSlots") or self._slots)

    def start(self, taskmanagers: int = 1, timeout_s: float = 120.0) -> str:
        """Start everything and wait until all TaskManagers are registered; returns the REST address.

        Does nothing when it runs already. What a killed owner left in this folder is ended first. SetupError: no Java,
        jars or apache-flink, another living owner, or a JVM that does not start (with the end of its log). Nothing
        runs after an error.
        """
        if self._jobmanager.is_running():
            return self.rest_address
        self.attach()
        self.stop()
        try:
            prepare(self._folder, self._settings())
            self._start_jvm(self._jobmanager, JVM_JOBMANAGER, JOBMANAGER)
            names = [self._start_taskmanager() for _ in range(taskmanagers)]
            self._jobmanager.wait_ready(self.rest.answers, timeout_s)
            for name in names:
                self._wait_registered(name, timeout_s)
        except ProcessDiedError as error:
            self.stop()
            raise SetupError(f"the local Flink cluster does not start: {error}") from error
        except BaseException:
            self.stop()
            raise
        return self.rest_address

    def attach(self) -> bool:
        """Take over what an ended owner left running; False when its JobManager does not run.

        SetupError while the owner lives.
        """
        is_up = self._jobmanager.attach()
        for record in sorted(self._folder.glob("taskmanager-*.pid")):
            process = Process(record.stem, self._folder)
            if process.attach():
                self._taskmanagers[process.name] = process
        return is_up

    def release(self) -> None:
        """Leave the cluster running when this process ends."""
        for process in (self._jobmanager, *self._taskmanagers.values()):
            process.release()

    def add_taskmanager(self, timeout_s: float = 90.0) -> str:
        """Start one more TaskManager, wait until it is registered, and return its id."""
        name = self._start_taskmanager()
        self._wait_registered(name, timeout_s)
        return name

    def prepare(self) -> None:
        """End what a killed owner left here, and write the settings; then the JVMs can be begun one by one."""
        self.attach()
        self.stop()
        prepare(self._folder, self._settings())

    def begin_jobmanager(self) -> None:
        """Start a JobManager, on the ports of the last one, and do not wait; the TaskManagers find it again."""
        self._start_jvm(self._jobmanager, JVM_JOBMANAGER, JOBMANAGER)

    def end_jobmanager(self) -> None:
        """SIGKILL; nothing is known of its jobs afterwards but their retained checkpoints."""
        self._jobmanager.kill()

    def begin_taskmanager(self) -> str:
        """Start a TaskManager, do not wait, and return its id."""
        return self._start_taskmanager()

    def end_taskmanager(self, name: str) -> None:
        """SIGKILL to a TaskManager; it is no longer part of the cluster."""
        self._gone = max(self._gone, int(name.rpartition("-")[2]))
        process = self._taskmanagers.pop(name, None)
        if process is not None:
            process.kill()

    def begin_submission(self, module: str, *arguments: str, savepoint: str | None = None) -> Process:
        """Start the client that submits a job, as `submit` does, and do not wait; `submitted` reads what it said."""
        client = Process(f"client-{module.rpartition('.')[2]}", self._folder)
        client.start(
            client_command(self._folder, module, arguments, savepoint), environment(self._folder), cwd=self._folder
        )
        return client

    def taskmanager_pids(self) -> dict[str, int]:
        """Process ids of the TaskManagers that run now, by their ids in Flink (`rest.hosts(job)` names a job's)."""
        pids = {name: process.pid for name, process in self._taskmanagers.items()}
        return {name: pid for name, pid in pids.items() if pid is not None}

    def jobmanager_pid(self) -> int | None:
        """Process id of the JobManager; None when it does not run."""
        return self._jobmanager.pid

    def check(self) -> None:
        """Raise ProcessDiedError, with the end of its log, for the first JVM that does not run."""
        for process in (self._jobmanager, *self._taskmanagers.values()):
            process.check()

    def submit(self, module: str, *arguments: str, savepoint: str | None = None, timeout_s: float = 180.0) -> str:
        """Submit `python -m module arguments` as a detached job, from a savepoint or checkpoint if given; its job id.

        The module is imported from the installed packages, on the client and on the TaskManagers. FlinkError with the
        end of the client's log when the submission fails.
        """
        return run_client(self._folder, client_command(self._folder, module, arguments, savepoint), timeout_s)

    def stop_with_savepoint(self, job: str, timeout_s: float = 60.0) -> str:
        """Take a savepoint, end the job, and return the savepoint's path."""
        return self.rest.stop_with_savepoint(job, str(self._savepoints), timeout_s)

    def stop(self) -> None:
        """End all JVMs, TaskManagers first; what does not end in time is killed. Jobs stay resumable."""
        processes = [*self._taskmanagers.values(), self._jobmanager]
        for process in processes:
            process.send(signal.SIGTERM)
        for process in processes:
            process.stop(STOP_TIMEOUT_S)
        self._taskmanagers.clear()
        shutil.rmtree(self._folder / "tmp", ignore_errors=True)

    def _settings(self) -> dict[str, object]:
        return {
            "jobmanager.rpc.port": free_port(),
            "rest.port": free_port(),
            "taskmanager.numberOfTaskSlots": self._slots,
            "execution.checkpointing.dir": self._checkpoints.as_uri(),
            "execution.checkpointing.savepoint-dir": self._savepoints.as_uri(),
            **(reporter(self._metrics_ports) if self._metrics_ports else {}),
        }

    def _start_jvm(self, process: Process, options: tuple[str, ...], main: str, *arguments: str) -> None:
        config = ("--configDir", str(self._folder / "conf"))
        command = java_command(self._folder, (*options, f"-Dlog.file={process.log}"), main, *config, *arguments)
        process.start(command, environment(self._folder), cwd=self._folder)

    def _start_taskmanager(self) -> str:
        """Start one under a name that was never used in this folder's present cluster."""
        numbers = [int(known.rpartition("-")[2]) for known in self._taskmanagers]
        name = f"taskmanager-{1 + max(self._gone, *numbers, 0)}"
        process = Process(name, self._folder)
        self._taskmanagers[name] = process
        self._start_jvm(process, JVM_TASKMANAGER, TASKMANAGER, "-D", f"taskmanager.resource-id={name}")
        return name

    def _wait_registered(self, name: str, timeout_s: float) -> None:
        self._taskmanagers[name].wait_ready(lambda: name in self.rest.taskmanagers(), timeout_s)

    def _setting(self, name: str) -> str | None:
        try:
            text = (self._folder / "conf" / "config.yaml").read_text()
        except OSError:
            return None
        found = re.search(rf"^{re.escape(name)}: (\d+)$", text, re.MULTILINE)
        return found and found.group(1)
