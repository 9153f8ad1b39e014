"""The jobs of one run as child processes: start in order, notice a death, stop in order."""

import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from jobs.adapters.processes import Process, ProcessDiedError, log_tail
from schemas.errors import SetupError

__all__ = ["Supervisor", "written"]

# -P: the working directory must not shadow our packages.
PENSTOCK = (sys.executable, "-P", "-m", "jobs.main")


class Supervisor:
    """Runs `penstock JOB …` processes with logs and records in one folder.

    `program` is what the arguments of a job are appended to.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     jobs = Supervisor(Path(folder))
    ...     jobs.running()
    []
    """

    def __init__(self, folder: Path, program: Sequence[str] = PENSTOCK) -> None:
        self._folder = folder
        self._program = program
        self._processes: dict[str, Process] = {}
        self._may_end: set[str] = set()

    def start(
        self,
        name: str,
        *arguments: str,
        ready: Callable[[], bool] | None = None,
        timeout_s: float = 60.0,
        may_end: bool = False,
    ) -> Process:
        """Start `penstock ARGUMENTS` under a name and wait until it is ready.

        `ready` is a condition, such as `written(path)`; without it the process counts as ready at once. `may_end`:
        ending with status 0 is this job's normal end (a feed that has replayed its file), not a death. Raises
        SetupError or ProcessDiedError; a process that did not get ready is killed.
        """
        if name in self._processes:
            raise SetupError(f"{name} runs already in {self._folder}: stop it first")
        process = Process(name, self._folder)
        process.start([*self._program, *arguments])
        try:
            if ready is not None:
                process.wait_ready(ready, timeout_s)
        except BaseException:
            process.kill()
            raise
        self._processes[name] = process
        if may_end:
            self._may_end.add(name)
        return process

    def running(self) -> list[str]:
        """Names of the processes that run now, in the order of their start."""
        return [name for name, process in self._processes.items() if process.is_running()]

    def check(self) -> None:
        """Raise ProcessDiedError for the first process that ended though nobody stopped it."""
        for name, process in self._processes.items():
            if name in self._may_end and process.returncode() == 0:
                continue
            process.check()

    def stop(self, name: str, timeout_s: float, first: signal.Signals = signal.SIGTERM) -> None:
        """Ask a process to end and wait; ProcessDiedError when it had to be killed or ended with an error.

        A process that was never started, or has been stopped before, is no error. Afterwards it does not run, whatever
        was raised.
        """
        process = self._processes.pop(name, None)
        if process is None:
            return
        ended = process.stop(timeout_s, first)
        if not ended:
            raise ProcessDiedError(f"{name} did not end within {timeout_s:g} s and was killed; {process.log}")
        # A job that may end at any time may also be ended by the signal, before it has come to listen for it.
        fine = {0, -first} if name in self._may_end else {0}
        if process.returncode() not in fine:
            raise ProcessDiedError(
                f"{name} ended with status {process.returncode()} when it was stopped; the end of {process.log}:\n"
                f"{log_tail(process.log)}"
            )

    def kill(self, name: str) -> None:
        """SIGKILL to a process and what it started; one that was never started is no error."""
        process = self._processes.pop(name, None)
        if process is not None:
            process.kill()

    def kill_all(self) -> None:
        """SIGKILL to everything, newest first."""
        while self._processes:
            self._processes.popitem()[1].kill()

    def end_leftovers(self) -> list[str]:
        """Kill what a killed run left in this folder; the names of what was found. SetupError when its owner lives."""
        found = []
        for record in sorted(self._folder.glob("*.pid")):
            process = Process(record.stem, self._folder)
            if process.attach():
                process.kill()
                found.append(process.name)
        return found


def written(path: Path) -> Callable[[], bool]:
    """The condition that a file exists, for `Supervisor.start(ready=...)`."""
    return path.exists
