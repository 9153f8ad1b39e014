"""Child processes: each has a name, a log file, a pid record, a session of its own and a bounded end.

A session of its own keeps a Ctrl-C in the terminal from reaching every child at once: the pipeline stops them in
its order. Every child, and what it starts in turn, carries the record's path in its environment. The record
(`NAME.pid`) is locked while its owner lives: marked processes under an unlocked record were left behind by a killed
run and are ended at the next start; a locked record means another run on the same folder, which is refused.
"""

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import psutil

from schemas.errors import PenstockError, SetupError

__all__ = ["Process", "ProcessDiedError", "log_tail"]

MARK = "PENSTOCK_PROCESS"
POLL_S = 0.05
KILL_ROUNDS = 3  # a process may fork while its session is being killed


class ProcessDiedError(PenstockError):
    """A child process ended, or was not ready in time; the message carries the end of its log."""


class Process:
    """One program under a name in a folder: started here, or found again through its record.

    Not thread-safe. `stop` and `kill` also end what the program started itself (a JVM, say).
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._folder = folder
        self._record = folder.resolve() / f"{name}.pid"
        self._lock: IO[str] | None = None
        self._child: Any = None
        self._log_start = 0

    @property
    def pid(self) -> int | None:
        """The process id of the running program; None when it does not run."""
        return self._child.pid if self.is_running() else None

    def claim(self) -> None:
        """Become the owner of this name; SetupError while another owner lives."""
        if self._lock is not None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        lock = self._record.open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise SetupError(
                f"{self.name} in {self._folder} belongs to another running penstock: "
                "stop that one, or use another folder"
            ) from None
        self._lock = lock

    def start(
        self, command: Sequence[str], environment: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> None:
        """Start the program; its output is appended to the log.

        Ends what an earlier, killed owner left under this name. SetupError when a living owner has it, when the folder
        cannot be written or when the program cannot be started.
        """
        try:
            self.claim()
            self.end_leftover()
            with self.log.open("ab") as log:
                self._log_start = log.tell()
                self._child = psutil.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env={**(os.environ if environment is None else environment), MARK: str(self._record)},
                    cwd=cwd,
                    start_new_session=True,
                )
            self._write_record(str(self._child.pid))
        except OSError as error:
            self.release()
            raise SetupError(f"cannot start {self.name} in {self._folder}: {error}") from error

    def attach(self) -> bool:
        """Take over the recorded process of an owner that has ended; False when it does not run."""
        if not self._record.exists():
            return False
        self.claim()
        self._child = self._recorded()
        if self._child is None:
            self.release()
        return self._child is not None

    def release(self) -> None:
        """Give up ownership and leave the program running (`penstock cluster up` ends, its cluster stays)."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def end_leftover(self) -> bool:
        """Kill what still runs of this name; True when there was something to end."""
        for earlier in range(KILL_ROUNDS):
            found = _marked(self._record)
            if not found:
                return earlier > 0
            for process in found:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            self.wait(5)  # before psutil waits for it: who reaps a child learns its status
            psutil.wait_procs(found, timeout=5)
        return True

    def returncode(self) -> int | None:
        """The exit status of a program that was started here and has ended (minus the signal's number); else None."""
        return self._child.poll() if isinstance(self._child, psutil.Popen) else None

    def is_running(self) -> bool:
        """Whether the program runs; a zombie does not."""
        if self._child is None:
            return False
        if isinstance(self._child, psutil.Popen):
            return self._child.poll() is None
        return _is_alive(self._child)

    def pulse(self) -> tuple[int, ...]:
        """Changes as long as the program's main thread runs now and then; empty when there is no program."""
        try:
            return tuple(self._child.num_ctx_switches()) if self._child is not None else ()
        except psutil.Error:
            return ()

    def check(self) -> None:
        """Raise ProcessDiedError when the program does not run."""
        if not self.is_running():
            raise ProcessDiedError(
                f"{self.name} ended{self.status_text()}; the end of {self.log}:\n{log_tail(self.log)}"
            )

    def said(self, text: str) -> bool:
        """Whether the text stands in what the program has logged since its start."""
        return text in self.output()

    def output(self) -> str:
        """What the program has logged since its start."""
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def wait_ready(self, is_ready: Callable[[], bool], timeout_s: float) -> None:
        """Wait until the condition holds; ProcessDiedError when the program ends first or time is up."""
        deadline = time.monotonic() + timeout_s
        while not is_ready():
            self.check()
            if time.monotonic() > deadline:
                tail = log_tail(self.log)
                raise ProcessDiedError(
                    f"{self.name} was not ready within {timeout_s:g} s; the end of {self.log}:\n{tail}"
                )
            time.sleep(POLL_S)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the program itself, if it runs."""
        if self.is_running():
            self._child.send_signal(number)

    def wait(self, timeout_s: float) -> bool:
        """Wait for the program's end; False when it still runs."""
        if self._child is None:
            return True
        try:
            self._child.wait(timeout_s)
        except psutil.TimeoutExpired:
            return False
        return True

    def stop(self, timeout_s: float, first: signal.Signals = signal.SIGTERM) -> bool:
        """Send `first`, wait, and kill what is left; True when the program ended by itself in time."""
        self.send(first)
        ended = self.wait(timeout_s)
        self.kill()
        return ended

    def kill(self) -> None:
        """SIGKILL to the program and all that it started; the record is emptied, the log stays."""
        if self._lock is None:
            return
        self.end_leftover()
        self._write_record("")  # emptied, not removed: a waiting owner may have the file open already
        self.release()

    def _write_record(self, pid: str) -> None:
        assert self._lock is not None
        self._lock.seek(0)
        self._lock.truncate()
        self._lock.write(pid)
        self._lock.flush()

    def _recorded(self) -> Any:
        pid = self._record.read_text()
        return next((process for process in _marked(self._record) if str(process.pid) == pid), None)

    def status_text(self) -> str:
        """How the program ended, as the end of a sentence; empty when that is not known."""
        status = self.returncode()
        if status is None:
            return ""
        return f" with status {status}" if status >= 0 else f", killed by {signal.Signals(-status).name}"


def log_tail(log: Path, lines: int = 15, bytes_max: int = 20_000) -> str:
    """The last lines of a log file; a placeholder when there are none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - bytes_max))
            found = file.read().decode(errors="replace").splitlines()
    except OSError:
        found = []
    return "\n".join(found[-lines:]) or "(empty)"


def _is_alive(process: Any) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _marked(record: Path) -> list[Any]:
    """The running processes that were started under a record; those of other users cannot be read and are not ours."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get(MARK) == str(record) and _is_alive(process):
                found.append(process)
    return found
