"""`penstock try`: the demonstration over the committed capture; no Java, no broker, no account."""

from pathlib import Path

from jobs.adapters.source import demo_config, find_capture
from jobs.backtest import play_and_show
from jobs.results.summary import Summary
from schemas.config import load


def try_(data: Path | None, folder: Path, models: Path | None = None) -> Summary:
    """Play the capture under the demonstration's configuration."""
    return play_and_show(load(demo_config()), data or find_capture(), folder, "Ten minutes of BTC and ETH", models)
