"""Finding Java and the jars, or saying which command provides them."""

from pathlib import Path

import pytest

from jobs.adapters.java import find_jars, find_java, settings
from schemas.errors import SetupError


def java_home(folder: Path, says: str) -> str:
    (folder / "bin").mkdir(parents=True)
    java = folder / "bin" / "java"
    java.write_text(f"#!/bin/sh\necho '{says}' >&2\n")
    java.chmod(0o755)
    return str(folder)


@pytest.mark.parametrize("says", ['openjdk version "17.0.15" 2025-04-15', 'openjdk version "21" 2023-09-19'])
def test_java_of_a_fitting_version_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str) -> None:
    monkeypatch.setenv("JAVA_HOME", java_home(tmp_path, says))
    assert find_java() == tmp_path / "bin" / "java"


@pytest.mark.parametrize("says", ['java version "1.8.0_202"', 'openjdk version "24.0.1" 2025-04-15', "no idea"])
def test_java_of_another_version_names_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str) -> None:
    monkeypatch.setenv("JAVA_HOME", java_home(tmp_path, says))
    with pytest.raises(SetupError, match="needed is 17 to 21: sudo apt-get install"):
        find_java()


def test_missing_java_names_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupError, match=r"Java 17 is missing: sudo apt-get install"):
        find_java()


def test_jars_are_looked_for_where_the_variable_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_JARS", str(tmp_path))
    with pytest.raises(SetupError, match=r"no kafka_\*\.jar in .*kafka: run `make jars`"):
        find_jars("kafka")
    (tmp_path / "kafka").mkdir()
    (tmp_path / "kafka" / "kafka_2.13.jar").write_bytes(b"")
    assert find_jars("kafka") == tmp_path / "kafka"


def test_settings_are_part_of_the_package() -> None:
    for name in ("server.properties", "log4j2.properties", "flink.yaml"):
        assert settings(name).read_text()
