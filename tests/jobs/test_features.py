"""`penstock features` lists what there is and marks what is chosen."""

from pathlib import Path

import pytest
from rich.console import Console

from jobs.adapters.source import demo_config
from jobs.features import features
from schemas.errors import ConfigError, DataError
from schemas.feature_sets import DEFAULT
from schemas.features import NAMES, TABLE


def told(config: Path, **asked: object) -> str:
    console = Console(width=400)
    with console.capture() as captured:
        features(config, console=console, **asked)
    return captured.get()


def own(folder: Path, chosen: str) -> Path:
    path = folder / "own.toml"
    path.write_text(f"{demo_config().read_text()}\n[features]\n{chosen}\n")
    return path


def test_everything_is_listed_and_the_default_set_is_marked() -> None:
    text = told(demo_config())
    lines = text.splitlines()
    assert len(lines) >= len(TABLE)
    for one in TABLE:
        (line,) = [line for line in lines if one.name in line.split()[:2]]
        assert one.source in line and (line.split()[0].isdecimal() == (one.name in NAMES))
    assert f"{len(NAMES)} of {len(TABLE)} are chosen" in text and DEFAULT.hash in text and "warm after 60 s" in text


def test_a_configuration_of_its_own_order(tmp_path: Path) -> None:
    config = own(tmp_path, 'names = ["atr_14_60s", "depth_imbalance_5_1s"]')
    lines = told(config, only=True).splitlines()
    assert [line.split()[:2] for line in lines[1:3]] == [["0", "atr_14_60s"], ["1", "depth_imbalance_5_1s"]]
    assert "840 s" in lines[1] and "2 of" in lines[3] and "bars of 60s of time, 1s of levels" in lines[3]


def test_only_some_names(tmp_path: Path) -> None:
    lines = told(demo_config(), like="donchian").splitlines()
    assert all("donchian" in line for line in lines[1:-3]) and len(lines) > 10
    with pytest.raises(DataError, match="no feature has 'donchain' in its name"):
        told(demo_config(), like="donchain")
    with pytest.raises(ConfigError, match="there is no 'spraed'"):
        told(own(tmp_path, 'names = ["spraed"]'))
