"""`penstock doctor` sees what is missing and names the remedy."""

import sys
from pathlib import Path

import pytest
from rich.console import Console

from jobs.adapters import checks
from jobs.adapters.checks import Check, Need, run_checks
from jobs.adapters.java import JARS
from jobs.doctor import doctor


def found(name: str, folder: Path = Path(".penstock")) -> Check:
    return next(check for check in run_checks(folder) if check.name == name)


def printed(folder: Path) -> tuple[int, str]:
    console = Console(width=200, record=True, quiet=False, file=sys.stdout)
    status = doctor(folder, console)
    return status, console.export_text()


def test_this_environment_is_fine() -> None:
    for name in (
        "Python 3.11",
        "packages (core)",
        "packages (pipeline)",
        "native libraries",
        "own packages",
        "listening",
    ):
        assert found(name).is_fine, found(name)


def test_missing_java_fails_and_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    status, text = printed(tmp_path)
    assert status == 1
    assert "Java 17 to 21: sudo apt-get install -y openjdk-17-jre-headless maven" in text


def test_missing_jars_fail_and_maven_is_then_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_JARS", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not found("Kafka's jars").is_fine and not found("Maven").is_fine
    for kind, jars in JARS.items():
        (tmp_path / kind).mkdir()
        for jar in jars:
            (tmp_path / kind / jar.replace("*", "1")).write_bytes(b"")
    assert found("Kafka's jars").is_fine and found("Maven").is_fine


def test_wrong_versions_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = checks.version
    monkeypatch.setattr(checks, "version", lambda name: "1.0" if name == "numpy" else real(name))
    assert "numpy is 1.0, not" in found("packages (core)").found
    assert found("packages (pipeline)").is_fine
    monkeypatch.setattr(checks, "version", lambda name: "1.20" if name == "apache-flink" else real(name))
    assert found("packages (pipeline)").found == "apache-flink is 1.20, not ==2.3.0"


def test_a_library_that_does_not_load_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "chdb", None)
    assert "chdb: import of chdb halted" in found("native libraries").found


def test_a_foreign_package_of_our_name_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "schemas")
    assert f"schemas comes from {tmp_path}" in found("own packages").found


def test_too_little_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "DISK_FREE_GIB_MIN", 1 << 30)
    monkeypatch.setattr(checks, "MEMORY_GIB_MIN", 1 << 20)
    monkeypatch.setattr(checks, "CORES_MIN", 1 << 20)
    for name, need in (("disk", Need.RUN), ("memory", Need.RUN), ("cores", Need.SPEED)):
        check = found(name, tmp_path / "not" / "yet")
        assert not check.is_fine and check.need is need


def test_what_costs_only_speed_does_not_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only = [
        Check(name="cores", need=Need.SPEED, found="1", remedy="2 cores"),
        Check(name="disk", need=Need.RUN, found=""),
    ]
    monkeypatch.setattr("jobs.doctor.run_checks", lambda _: iter(only))
    status, text = printed(tmp_path)
    assert status == 0 and "cores: 2 cores" in text and "whole pipeline" in text
