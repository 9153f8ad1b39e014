"""What cannot work says so in one line and ends: no broker, no limits, no warehouse, no model, no disk."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from importlib.resources import files
from pathlib import Path

import pytest

from jobs.adapters.endpoints import LOCALHOST, free_port
from jobs.adapters.strategies import load_strategy
from jobs.begin import begin
from models.registry import Registry, open_model
from schemas.control import read_quarantined
from schemas.topics import QUARANTINE
from tests.builders import CAPTURE, captured, demo, demo_term, log, messages
from tests.system.rig import Rig, cut_capture, penstock
from udfs.pipeline import resources
from udfs.play import play

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

SETTINGS = Path(__file__).parents[2] / "jobs" / "settings" / "demo.toml"


def refusals(asked: dict[str, list[str]]) -> dict[str, str]:
    """The one line by which each command refuses; it must end by itself, with status 1 and no traceback."""
    running = {name: penstock(*arguments) for name, arguments in asked.items()}
    told = {}
    for name, process in running.items():
        try:
            _, errors = process.communicate(timeout=40)
        finally:
            process.kill()
        assert process.returncode == 1, (name, process.returncode, errors)
        lines = [line for line in errors.splitlines() if line]
        assert len(lines) == 1 and lines[0].startswith("penstock: "), (name, errors)
        told[name] = lines[0]
    return told


def test_no_broker(tmp_path: Path) -> None:
    nobody = f"{LOCALHOST}:{free_port()}"
    place = ["--bootstrap", nobody, "--folder", str(tmp_path)]
    config, channels = ["--config", str(SETTINGS)], ["--channels", "0,1"]
    told = refusals(
        {
            "feed": ["feed", "--bootstrap", nobody, "--data", str(cut_capture(tmp_path / "data", 2)), *config],
            "gateway": ["gateway", *place, *config],
            "exchange": ["exchange", *place, *channels],
            "archive": ["archive", *place, *channels],
            "trade": ["trade", "--bootstrap", nobody, *channels, "--bounded"],
        }
    )
    for line in told.values():
        assert f"no Kafka broker answers at {nobody}" in line, line


def test_no_limits(tmp_path: Path) -> None:
    text = SETTINGS.read_text()
    begin_at, end_at = text.index("[limits]"), text.index("[gateway.limits]")
    config = tmp_path / "unlimited.toml"
    config.write_text(text[:begin_at] + text[end_at:])
    common = ["--config", str(config), "--folder", str(tmp_path)]
    told = refusals(
        {
            "gateway": ["gateway", "--bootstrap", f"{LOCALHOST}:{free_port()}", *common],
            "run": ["run", *common],
            "backtest": ["backtest", "--data", str(CAPTURE), *common],
        }
    )
    for line in told.values():
        assert "[limits] and [gateway] are required: nothing that can lose money has a default" in line, line


def test_no_warehouse(tmp_path: Path) -> None:
    common = ["archive", "--bootstrap", f"{LOCALHOST}:1", "--channels", "0,1", "--folder", str(tmp_path), "--warehouse"]
    told = refusals(
        {
            "nobody": [*common, f"clickhouse://user:hidden@{LOCALHOST}:1/"],
            "scheme": [*common, "postgres://user:hidden@localhost/"],
        }
    )
    assert "no ClickHouse answers there" in told["nobody"]
    assert "the address must begin with chdb:/// or clickhouse://" in told["scheme"]
    assert "hidden" not in "".join(told.values())


def test_no_model(rig: Rig, tmp_path: Path) -> None:
    begin(rig.bootstrap, demo())
    models, sha256 = tmp_path / "models", Registry().find("direction").sha256
    shutil.copytree(str(files("models") / "registry"), models)
    changed = bytearray((models / f"{sha256}.onnx").read_bytes())
    changed[len(changed) // 2] ^= 1
    (models / f"{sha256}.onnx").write_bytes(changed)
    told = refusals(
        {
            "trade": ["trade", *rig.trade_arguments(), "--models", str(models), "--bounded"],
            "backtest": ["backtest", "--data", str(CAPTURE), "--config", str(SETTINGS), "--models", str(models)],
        }
    )
    for line in told.values():
        assert f"model {sha256[:12]}" in line and "the file was changed" in line, line

    # A worker whose registry was changed behind our back: the TERM itself goes to quarantine, and nothing is decided.
    worker = resources(partial(open_model, models), load_strategy)
    outputs = list(play(messages(log(captured(0, 60), demo_term(), 0)), 0, worker))
    ((topic, frame),) = [one for output in outputs for one in output.frames]
    assert topic == QUARANTINE and read_quarantined(frame).fault == "RAISED"
    assert "the file was changed" in read_quarantined(frame).message
    assert not any(output.orders for output in outputs)


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A folder on a full disk."""
    folder = tmp_path / "full"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("a disk can only be mounted by root")
    try:
        with (folder / "filler").open("wb", buffering=0) as filler, suppress(OSError):
            while filler.write(bytes(4096)):
                pass
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk(rig: Rig, full: Path) -> None:
    place, channels = ["--bootstrap", rig.bootstrap, "--folder", str(full)], ["--channels", "0,1"]
    told = refusals(
        {
            "gateway": ["gateway", *place, "--config", str(SETTINGS)],
            "exchange": ["exchange", *place, *channels],
            "archive": ["archive", *place, *channels],
            "run": ["run", "--folder", str(full)],
        }
    )
    for line in told.values():
        assert str(full) in line, line
