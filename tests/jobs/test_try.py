"""A real run over a cut of the real capture, and over a table with a strategy of one's own."""

import gzip
import json
from importlib.resources import files
from pathlib import Path

import pytest

from jobs.adapters import source
from jobs.backtest import backtest, strategy_config
from jobs.results.summary import differences, read
from jobs.try_ import try_
from schemas.errors import ConfigError, DataError
from tests.builders import CAPTURE, demo, generated

LINES = 9_000
CONFIG = Path(str(files("jobs.settings") / "demo.toml"))
MINE = """
import msgspec
from schemas.records import Side
from schemas.trading import Reason
from udfs.execution.threshold import crossing


class Mine:
    class Config(msgspec.Struct, frozen=True, kw_only=True):
        every: int

    class State(msgspec.Struct):
        rows: int = 0

    def __init__(self, config):
        self._config = config

    def initial(self):
        return Mine.State()

    def decide(self, state, row):
        state.rows += 1
        if row.marks or row.working or state.rows % self._config.every:
            return Reason.WAITING
        return (crossing(row, Side.BUY, row.instrument.size_min, 2),)
"""


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first lines of every file of the capture."""
    folder = tmp_path_factory.mktemp("capture")
    for path in sorted(CAPTURE.glob("*/*_20240808.gz")):
        with gzip.open(path) as file:
            lines = b"".join(line for _, line in zip(range(LINES), file, strict=False))
        target = folder / path.relative_to(CAPTURE)
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(gzip.compress(lines, 1))
    return folder


@pytest.fixture(scope="module")
def tried(cut: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tried")
    try_(cut, folder)
    return folder


def test_try_leaves_a_summary_and_a_report(tried: Path) -> None:
    found = read(tried / "summary.json")
    assert found.ticks > 50_000
    assert found.predictions > 0
    assert found.decisions == 2 * found.features
    assert found.strategies["probe"].orders > 0
    assert found.strategies["probe"].decisions == found.features
    assert found.latency_ns is None
    assert "Ten minutes of BTC and ETH" in (tried / "report.html").read_text()


def test_the_same_data_give_the_same_summary(cut: Path, tried: Path, tmp_path: Path) -> None:
    assert differences(read(tried / "summary.json"), try_(cut, tmp_path)) == {}


def test_a_missing_capture_is_told_with_its_places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(source, "CAPTURE", Path("no/such/capture"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=f"looked at {tmp_path}/no/such/capture and .*--data"):
        try_(None, tmp_path)


def write_csv(path: Path) -> None:
    kinds, sides = ("trade", "bid", "ask"), ("buy", "sell", "")
    lines = ["receive_ns,symbol,kind,side,price,size,last"]
    for tick in generated(0, 60):
        one = demo().universe.instruments[tick["instrument"]]
        price, size = (
            f"{int(tick[name]) / 10**decimals:.{decimals}f}"
            for name, decimals in (("price", one.price_decimals), ("size", one.size_decimals))
        )
        side = sides[tick["side"]] if kinds[tick["kind"]] == "trade" else ""
        last = "true" if tick["flags"] & 1 else "false"
        symbol = f"{one.venue}:{one.symbol}"
        lines.append(f"{tick['receive_ns']},{symbol},{kinds[tick['kind']]},{side},{price},{size},{last}")
    path.write_text("\n".join(lines) + "\n")


def test_backtest_runs_a_table_and_a_strategy_by_path(tmp_path: Path) -> None:
    write_csv(tmp_path / "ticks.csv")
    (tmp_path / "mine.py").write_text(MINE)
    target = f"{tmp_path / 'mine.py'}:Mine"
    found = backtest(tmp_path / "ticks.csv", CONFIG, target, ["every=7"], tmp_path / "out")
    assert list(found.strategies) == ["mine"]
    assert found.strategies["mine"].no_order["waiting"] > 0
    assert json.loads((tmp_path / "out" / "summary.json").read_bytes())["ticks"] == found.ticks
    folder = backtest(tmp_path, CONFIG, target, ["every=7"], tmp_path / "again")
    assert differences(found, folder) == {}


def test_options_belong_to_a_strategy(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="belongs to a --strategy"):
        backtest(tmp_path, CONFIG, None, ["every=7"], tmp_path)
    with pytest.raises(ConfigError, match="KEY=VALUE"):
        strategy_config("mine.py:Mine", ["every"])
    assert strategy_config("a.py:B", ["f=0.5", "t=true", "l=[1, 2]"]).options == {"f": 0.5, "t": True, "l": [1, 2]}
