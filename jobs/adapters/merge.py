"""The ticks of many instruments merged into the order of their channels."""

from collections.abc import Mapping

import numpy as np

from schemas.frame import Records
from schemas.instrument import Universe
from schemas.records import TICK, TickFlag


def merge(universe: Universe, streams: Mapping[int, Records]) -> dict[int, Records]:
    """The ticks of each channel, in the order of their receive times; `streams` holds them by instrument number.

    Ties go by instrument number, then by the order within the stream; so an event, whose records have one receive
    time, is never split. Receive time is monotone: one that runs backwards within a stream is raised to the latest
    before it. Instruments with `reference_of` are copied into those channels with the flag REFERENCE.
    """
    return {channel: _channel(universe, channel, streams) for channel in universe.channels}


def _channel(universe: Universe, channel: int, streams: Mapping[int, Records]) -> Records:
    parts = [np.zeros(0, TICK)]
    for instrument in universe.of_channel(channel):
        ticks = streams.get(instrument.number, parts[0]).copy()
        ticks["receive_ns"] = np.maximum.accumulate(ticks["receive_ns"])
        if instrument.channel != channel:
            ticks["flags"] |= np.uint16(TickFlag.REFERENCE)
        parts.append(ticks)
    whole = np.concatenate(parts)
    return whole[np.lexsort((whole["instrument"], whole["receive_ns"]))]
