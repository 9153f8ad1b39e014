"""The channels' logs as they stand: the term in force in each, and where its time is."""

import time

from jobs.adapters.kafka import Reader
from jobs.execution.watch import Watch
from schemas.control import Term, read_control
from schemas.errors import SetupError
from schemas.instrument import Universe
from schemas.records import Kind
from schemas.topics import TICKS

__all__ = ["Logs"]

POLL_S = 0.05
STALL_S_MAX = 30.0


class Logs:
    """Reads logs from their beginnings, by the rules of the channel itself: what it would refuse does not count.

    SetupError: the broker or the topic is not there, or what it holds stops coming.
    """

    def __init__(self, bootstrap: str, universe: Universe) -> None:
        self._reader = Reader(bootstrap, TICKS.name, universe.channels, "beginning")
        self._watch = Watch(universe, {})
        self.terms: dict[int, Term] = {}  # the last one, by channel
        self.offsets: dict[int, int] = {}  # where it stands

    def catch_up(self) -> None:
        """Read to where the logs end now."""
        ends, moved = self._reader.high_watermarks(), time.monotonic()
        while any(self._watch.channels[channel].offset < end for channel, end in ends.items()):
            if self.follow():
                moved = time.monotonic()
            elif time.monotonic() - moved > STALL_S_MAX:
                raise SetupError(f"{TICKS.name}: nothing more came for {STALL_S_MAX:.0f} s before its end")

    def follow(self) -> bool:
        """Take the messages that have come; whether there were any."""
        messages = self._reader.poll(POLL_S)
        for message in messages:
            frame = self._watch.log(message.partition, message.offset, message.value)
            control = read_control(frame) if frame is not None and frame.kind == Kind.CONTROL else None
            if isinstance(control, Term):
                self.terms[message.partition], self.offsets[message.partition] = control, message.offset
        return bool(messages)

    def log_id(self, channel: int) -> str:
        return self._watch.channels[channel].log_id

    def is_halted(self, channel: int) -> bool:
        """Whether a HALT control is in force in the log."""
        return self._watch.channels[channel].halted

    def ends(self) -> dict[int, int]:
        """The offsets up to which the logs were read."""
        return {channel: seen.offset for channel, seen in self._watch.channels.items()}

    def now_ns(self, channel: int) -> int:
        """Channel time, by the heartbeats; 0 before the first one."""
        return self._watch.channels[channel].now_ns

    def close(self) -> None:
        self._reader.close()
