"""A halt or its end, as a control in the log of every channel that has begun."""

from jobs.adapters.kafka import Producer, Reader, partition_count
from jobs.adapters.writer import Writer, find_log
from jobs.execution.flag import FlagState
from schemas.control import Halt, Resume
from schemas.topics import TICKS, Source

__all__ = ["announce"]


def announce(bootstrap: str, flag: FlagState) -> list[str]:
    """Write HALT or RESUME; a line for each channel. Raises PenstockError when a log cannot be reached."""
    control = Halt(by=flag.by, reason=flag.reason) if flag.halted else Resume(by=flag.by)
    lines = []
    producer = Producer(bootstrap)
    for channel in range(partition_count(bootstrap, TICKS.name)):
        if not _has_begun(bootstrap, channel):
            continue
        Writer(producer, bootstrap, TICKS.name, channel, Source.OPERATOR).control(control)
        producer.flush()
        lines.append(f"channel {channel}: {type(control).__name__.upper()} is in its log")
    return lines


def _has_begun(bootstrap: str, channel: int) -> bool:
    reader = Reader(bootstrap, TICKS.name, [channel], "beginning")
    try:
        return find_log(reader, channel) != 0
    finally:
        reader.close()
