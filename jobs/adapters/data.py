"""Whatever the user points at, as the ticks of channels."""

from pathlib import Path

from jobs.adapters.capture import Capture, read_capture
from jobs.adapters.table import read_table
from schemas.errors import DataError
from schemas.instrument import Universe


def read_data(path: Path, universe: Universe) -> Capture:
    """The ticks of a folder of captured messages, or of a Parquet or CSV file; DataError says what cannot be used."""
    if path.is_dir():
        return read_capture(path, universe)
    if not path.exists():
        raise DataError(f"{path} is not there: give a folder of captured messages, or a Parquet or CSV file")
    return Capture(read_table(path, universe))
