"""Which messages become rows, where the topics alone do not show it."""

from dataclasses import replace

from jobs.warehouse.intake import Intake
from schemas.errors import BadFrame, Fault
from schemas.frame import Frame, encode
from schemas.records import Kind
from schemas.topics import NO_CHANNEL, QUARANTINE, Source
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
