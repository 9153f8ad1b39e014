"""Where ticks for a run without a venue come from: a capture, a table, or a folder of tables."""

from collections import defaultdict
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np

from jobs.adapters.capture import Capture, read_capture
from jobs.adapters.itch import is_itch, read_itch
from jobs.adapters.offload import SUFFIX, read_records
from jobs.adapters.table import read_table
from schemas.errors import DataError
from schemas.frame import Records
from schemas.instrument import Universe
from schemas.records import TICK

CAPTURE = Path("tests/data/binance")
_MARKETS = ("spot", "usdm")
_TABLES = (".parquet", ".csv")


class Played(NamedTuple):
    """What a run's feed plays: captured ticks, how many times faster than they came, and how much of them at once."""

    data: Path
    pace: float
    lead_s: float = 0.0

    def arguments(self) -> list[str]:
        """For the feed."""
        return ["--data", str(self.data), "--pace", str(self.pace), "--lead", str(self.lead_s)]


def demo_config() -> Path:
    """The demonstration's configuration, as installed."""
    return Path(str(files("jobs.settings") / "demo.toml"))


def find_capture() -> Path:
    """The capture of the checkout: below the working directory, or beside the packages.

    Raises DataError that names where it looked.
    """
    places = list(dict.fromkeys(root / CAPTURE for root in (Path.cwd(), Path(__file__).resolve().parents[2])))
    for place in places:
        if any((place / market).is_dir() for market in _MARKETS):
            return place
    looked = " and ".join(str(place) for place in places)
    raise DataError(
        f"no captured market data; looked at {looked}: run in a checkout of Penstock, or give --data FOLDER"
    )


def read_data(path: Path, universe: Universe) -> Capture:
    """The ticks of a capture's folder, of a Parquet or CSV file, of all such files of a folder, or of Nasdaq's ITCH.

    Raises DataError that says what cannot be used.
    """
    if not path.exists():
        raise DataError(
            f"{path} is not there: give a folder of captured messages, Parquet or CSV (a file or a folder), or ITCH"
        )
    if path.is_file() and path.suffix == SUFFIX:
        return read_records(path, universe)
    if path.is_file() and is_itch(path):
        return read_itch(path, universe)
    if path.is_file():
        return Capture(read_table(path, universe))
    if tables := sorted(one for one in path.iterdir() if one.suffix in _TABLES):
        return Capture(_joined([read_table(one, universe) for one in tables]))
    if not any((path / market).is_dir() for market in _MARKETS):
        raise DataError(f"{path}: neither a capture (spot/, usdm/) nor a folder with {' or '.join(_TABLES)} files")
    return read_capture(path, universe)


def _joined(parts: list[dict[int, Records]]) -> dict[int, Records]:
    """The files of a folder as one: by receive time, then instrument, then file."""
    by_channel: defaultdict[int, list[Records]] = defaultdict(lambda: [np.zeros(0, TICK)])
    for part in parts:
        for channel, ticks in part.items():
            by_channel[channel].append(ticks)
    joined = {channel: np.concatenate(ticks) for channel, ticks in by_channel.items()}
    return {channel: ticks[np.lexsort((ticks["instrument"], ticks["receive_ns"]))] for channel, ticks in joined.items()}
