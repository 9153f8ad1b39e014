"""A hot pair as its gateway sees it: do the replicas say the same of equal positions, and does one trail?

A digest chains every decision of its term, so that one equal position vouches for all before it: positions that leave
the bounded window before both replicas have reached them lose nothing as long as a later one is compared.
"""

from collections.abc import Iterator, Mapping

import msgspec

from schemas.errors import BadFrame, Unsafe
from schemas.frame import Records, decode, log_tag
from schemas.records import Kind
from schemas.topics import REPLICAS

__all__ = ["POSITIONS_MAX", "Pair", "Point", "Said"]

POSITIONS_MAX = 256  # kept a channel: 2.5 million records, by which a replica may be behind and still be compared
_NAMES = {int(replica.source): name for name, replica in REPLICAS.items()}


class Point(msgspec.Struct):
    """What was first said of a position, who has said it since, and when, in channel time."""

    record: bytes  # PROGRESS
    by: list[str]
    first_ns: int


class Said(msgspec.Struct, kw_only=True):
    """What was read of one channel's progress, up to `offset`."""

    offset: int = 0
    points: dict[int, Point] = {}  # by position
    reached: dict[str, int] = {}  # the highest position by replica
    trailing: list[str] = []
    compared: int = 0  # positions of which both said the same
    different: int = 0
    alerts: int = 0  # how often a replica has begun to trail
    passed: int = 0  # positions that left the window before both had said them


class Pair:
    """Follows progress.v1, its state can be kept. Without `lag_ns_max` nobody is expected, and nobody can trail."""

    def __init__(self, channels: tuple[int, ...], kept: Mapping[int, bytes], lag_ns_max: int | None) -> None:
        self.channels = {channel: _fresh(kept.get(channel)) for channel in channels}
        self._lag_ns_max = lag_ns_max
        self.changed = False  # since the last `dump`
        self.refused = 0  # messages that are no progress of ours

    def take(self, channel: int, offset: int, data: bytes, log_id: str, now_ns: int) -> None:
        """Take a message of progress.v1, read at a channel time; Unsafe when it contradicts what was said before.

        After a contradiction the channel's window is empty and the message counts as read: once the operator has
        resumed, the comparison goes on with what is said from then on.
        """
        said = self.channels[channel]
        said.offset, self.changed = offset + 1, True
        try:
            frame = decode(data)
        except BadFrame:
            self.refused += 1
            return
        replica = _NAMES.get(frame.source)
        if (frame.kind, frame.channel, frame.log) != (Kind.PROGRESS, channel, log_tag(log_id)) or replica is None:
            self.refused += 1
            return
        for record in frame.records:
            _say(said, channel, replica, record, now_ns)

    def alerts(self, now_ns: Mapping[int, int]) -> Iterator[str]:
        """A line for each replica that has begun to trail, or that keeps up again, by the channels' present times."""
        for channel, said in self.channels.items():
            for replica in REPLICAS:
                since_ns = _since_ns(said, replica)
                trails = self._lag_ns_max is not None and 0 <= self._lag_ns_max < now_ns[channel] - since_ns
                if trails == (replica in said.trailing):
                    continue
                self.changed = True
                if not trails:
                    said.trailing.remove(replica)
                    yield f"channel {channel}: replica {replica} keeps up again, at {said.reached.get(replica, 0)}"
                    continue
                said.trailing.append(replica)
                said.alerts += 1
                waits_s, reached = (now_ns[channel] - since_ns) / 1e9, said.reached.get(replica)
                where = "has said nothing yet" if reached is None else f"stands at {reached}"
                yield f"channel {channel}: replica {replica} {where}; the other is further since {waits_s:.1f} s"

    def dump(self) -> dict[int, bytes]:
        self.changed = False
        return {channel: msgspec.msgpack.encode(said) for channel, said in self.channels.items()}


def _say(said: Said, channel: int, replica: str, record: Records, now_ns: int) -> None:
    position, data = int(record["position"]), record.tobytes()
    said.reached[replica] = max(position, said.reached.get(replica, 0))
    point = said.points.get(position)
    if point is None:
        said.points[position] = Point(data, [replica], now_ns)
        if len(said.points) > POSITIONS_MAX:
            said.passed += len(said.points.pop(min(said.points)).by) < len(REPLICAS)
        return
    if point.record != data:
        said.different += 1
        said.points.clear()
        others = " and ".join(point.by)
        raise Unsafe(
            f"channel {channel}: replica {replica} does not say of position {position} what {others} said: "
            "stop the one that is wrong and start it again with an empty folder, then `penstock resume`"
        )
    if replica not in point.by:
        point.by.append(replica)
        said.compared += 1


def _since_ns(said: Said, replica: str) -> int:
    """Channel time at which the other one first was where this replica has not been; far ahead when it keeps up."""
    reached = said.reached.get(replica, -1)
    return min((point.first_ns for position, point in said.points.items() if position > reached), default=2**63 - 1)


def _fresh(kept: bytes | None) -> Said:
    return Said(points={}, reached={}, trailing=[]) if kept is None else msgspec.msgpack.decode(kept, type=Said)
