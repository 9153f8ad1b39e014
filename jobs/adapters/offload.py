"""A file of what the offload block gave: PREPROCESSED records, in the order of the bus, into channels.

The host behind a board does the same: header and channel are added here, everything else is as the block made it.
"""

from pathlib import Path

import numpy as np

from jobs.adapters.capture import Capture
from schemas.errors import DataError
from schemas.frame import Records
from schemas.instrument import Universe
from schemas.records import PREPROCESSED, TickFlag

SUFFIX = ".records"


def read_records(path: Path, universe: Universe) -> Capture:
    """The records of each channel; raises DataError where the file is cut off or names an unknown instrument."""
    content = path.read_bytes()
    if len(content) % PREPROCESSED.itemsize:
        raise DataError(f"{path}: {len(content)} bytes are no whole records of {PREPROCESSED.itemsize}")
    return Capture(by_channel(np.frombuffer(content, PREPROCESSED), universe, str(path)))


def by_channel(records: Records, universe: Universe, where: str) -> dict[int, Records]:
    """The records of each channel's instruments, those that it refers to with the flag REFERENCE."""
    unknown = np.flatnonzero(records["instrument"] >= len(universe.instruments))
    for place in unknown[:1]:
        raise DataError(f"{where}: record {place} is of instrument {records['instrument'][place]}, not in the universe")
    channels = {}
    for channel in universe.channels:
        members = universe.of_channel(channel)
        own = records[np.isin(records["instrument"], [one.number for one in members])]
        foreign = np.isin(own["instrument"], [one.number for one in members if one.channel != channel])
        own["flags"] |= np.where(foreign, TickFlag.REFERENCE, 0).astype(np.uint16)
        own["receive_ns"] = np.maximum.accumulate(own["receive_ns"])
        channels[channel] = own
    return channels
