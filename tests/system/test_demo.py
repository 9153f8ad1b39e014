"""`penstock demo kill` on a real terminal: a key kills the worker, the lines go on, the oracles have much to weigh."""

import os
import pty
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from jobs.supervision.events import read_events
from tests.system.rig import belonging, cut_capture, until

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

VERDICT = (
    r"1 workers killed, ([\d,]+) records decided again; (\d+) orders, (\d+) executions, .*lost 0 doubled 0 different 0"
)


class Terminal:
    """A command on a pseudo-terminal, and all that it has shown."""

    def __init__(self, *arguments: str) -> None:
        self._ours, theirs = pty.openpty()
        command = [sys.executable, "-P", "-m", "jobs.main", *arguments]
        size = {"TERM": "xterm", "COLUMNS": "160", "LINES": "40"}
        self.process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, **size})
        os.close(theirs)
        self._shown = b""
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def shown(self) -> str:
        return self._shown.decode(errors="replace")

    def press(self, key: str) -> None:
        os.write(self._ours, key.encode())

    def _read(self) -> None:
        while True:
            try:
                self._shown += os.read(self._ours, 1 << 16)
            except OSError:  # the command has ended
                return


def test_a_key_kills_the_worker_and_the_lines_go_on(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    data = cut_capture(tmp_path / "data", 240)
    terminal = Terminal("demo", "kill", "--data", str(data), "--folder", str(folder))
    try:
        until(lambda: "0 killed" in terminal.shown or terminal.process.poll() is not None, 240, "the picture is there")
        terminal.press("k")
        until(lambda: "1 killed" in terminal.shown or terminal.process.poll() is not None, 120, "a worker is killed")
        terminal.press("q")
        assert terminal.process.wait(300) == 0, terminal.shown[-3000:]
    finally:
        if terminal.process.poll() is None:
            terminal.process.send_signal(signal.SIGINT)  # then it ends its run, too
            terminal.process.wait(60)
    said = re.search(VERDICT, terminal.shown)
    assert said and "worker killed: decisions paused for" in terminal.shown, terminal.shown[-3000:]
    assert int(said[2]) > 0 and int(said[3]) > 0, "orders were filled"
    events = [one.what for one in read_events(folder / "demo" / "run") if one.part.startswith("taskmanager ")]
    assert "down" in events and events[-1] == "up", "the worker died, and another took its place"
    assert belonging(folder) == []
