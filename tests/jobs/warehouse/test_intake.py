"""Which messages become rows, where the topics alone do not show it."""

import numpy as np
from msgspec.structs import replace

from jobs.warehouse.intake import Intake
from schemas.control import Epoch, control_frame
from schemas.errors import BadFrame, Fault
from schemas.frame import Frame, encode
from schemas.records import FEATURE, TICK, Kind
from schemas.topics import FEATURES, NO_CHANNEL, QUARANTINE, TICKS, Source
from tests.builders import tick_frame
from udfs.quarantine import refused_message


def told(channel: int, data: bytes) -> Frame:
    records = refused_message(data, BadFrame(Fault.FOREIGN, "not ours"), position=0)
    return Frame(Kind.QUARANTINE, channel, Source.TRADE, 0, 0, records)


def test_quarantine_of_bytes_that_name_no_channel_is_taken_and_counts_for_itself():
    intake = Intake()
    frames = [told(NO_CHANNEL, b"one"), told(NO_CHANNEL, b"another, with the same number"), told(0, b"of the channel")]
    taken = [intake.take(QUARANTINE.name, 0, place, encode(one), 0) for place, one in enumerate(frames)]
    assert [(one.table, one.raw.repeated, one.raw.fault) for one in taken] == [("quarantine", 0, "")] * 3
    repeat = intake.take(QUARANTINE.name, 0, 3, encode(frames[2]), 0)
    assert (repeat.table, repeat.raw.repeated) == (None, 1)
    strange = intake.take(QUARANTINE.name, 0, 4, encode(replace(frames[2], channel=1)), 0)
    assert (strange.table, strange.raw.fault) == (None, "WRONG_CHANNEL")


def test_a_gap_in_a_log_is_counted_once_and_numbers_that_are_known_are_none():
    intake, ticks = Intake(), np.zeros(5, TICK)
    intake.take(TICKS.name, 0, 0, announcement(), 0)
    for offset, sequence in enumerate((1, 6, 6, 13, 18), start=1):  # 11 and 12 are missing
        intake.take(TICKS.name, 0, offset, encode(tick_frame(ticks, 0, sequence)), 0)
    assert intake.gaps == {0: 1}
    intake.take(FEATURES.name, 0, 0, encode(Frame(Kind.FEATURES, 0, Source.TRADE, 2, 50, np.zeros(1, FEATURE))), 0)
    assert intake.gaps[0] == 1, "outputs count on over terms: not a gap"


def announcement() -> bytes:
    control = Epoch(source=Source.FEED, epoch=1)
    return encode(control_frame(control, channel=0, source=Source.FEED, epoch=1, sequence=0, log=0))
