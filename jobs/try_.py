"""`penstock try`: the demonstration over the committed capture; no Java, no broker, no account."""

from importlib.resources import files
from pathlib import Path

from jobs.adapters.source import find_capture
from jobs.backtest import play_and_show
from jobs.results.summary import Summary
from schemas.config import read


def try_(data: Path | None, folder: Path, models: Path | None = None) -> Summary:
    """Play the capture under the demonstration's configuration."""
    config = read(files("jobs.settings").joinpath("demo.toml").read_bytes(), "demo.toml")
    return play_and_show(config, data or find_capture(), folder, "Ten minutes of BTC and ETH", models)
