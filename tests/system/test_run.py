"""`penstock run`: interrupted, resumed, finished, and started again."""

import json
import os
import signal
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path

import pytest

from tests.system.rig import belonging, cut_capture

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]


def penstock(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-P", "-m", "jobs.main", *arguments, "--folder", str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def said(folder: Path, *arguments: str, status: int = 0) -> str:
    process = penstock(folder, *arguments)
    output, _ = process.communicate(timeout=240)
    assert process.returncode == status, output
    return output


def wait_for(path: Path, text: str, timeout_s: float = 200) -> None:
    deadline = time.monotonic() + timeout_s
    while not path.exists() or text not in path.read_text():
        assert time.monotonic() < deadline, f"{path} never said {text!r}"
        time.sleep(0.2)


def test_interrupted_resumed_finished_and_again(tmp_path: Path) -> None:
    folder, data = tmp_path / "run", cut_capture(tmp_path / "data", 90)
    models = str(files("models") / "registry")
    options = ("--data", str(data), "--pace", "6", "--models", models)

    first = penstock(folder, "run", *options)
    wait_for(folder / "processes" / "trade.log", "trade is running")
    time.sleep(12)  # in the middle of the feed
    os.kill(first.pid, signal.SIGINT)
    output, _ = first.communicate(timeout=120)
    assert first.returncode == 130, output
    assert "goes on from here" in output
    assert belonging(folder) == []
    assert not (folder / "finished.json").exists()

    assert "Report:" in said(folder, "run", *options)
    assert belonging(folder) == []
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["strategies"]["probe"]["orders"] > 0
    assert "lost 0 doubled 0" in said(folder, "reconcile")
    assert "0 differences" in said(folder, "replay", "--verify")
    said(folder, "replay", "--verify", "--mutate", status=1)
    assert '"n":' in said(folder, "sql", "--format", "JSONEachRow", "select count() as n from ticks")
    assert (folder / "quality" / "index.html").exists()

    (folder / "summary.json").rename(tmp_path / "before.json")
    said(folder, "run", *options)
    assert "0 keys differ" in said(folder, "summary", "--diff", str(tmp_path / "before.json"))
