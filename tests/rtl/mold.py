"""MoldUDP64 in plain Python: packets, what a receiver must make of them, and everything that can be wrong with them."""

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

SESSION = b"20260102AB"
HEADER_SIZE = 20
END_OF_SESSION = 0xFFFF
_AROUND = 2**64


def packet(sequence: int, messages: list[bytes], session: bytes = SESSION, count: int | None = None) -> bytes:
    head = struct.pack(">10sQH", session, sequence % _AROUND, len(messages) if count is None else count)
    return head + b"".join(struct.pack(">H", len(one)) + one for one in messages)


@dataclass
class Receiver:
    """What leaves: ("message", sequence, bytes), ("gap", first, count), ("repeated",), ("malformed",), in order."""

    shortest: int = 12
    longest: int = 50
    session: bytes | None = None
    expected: int | None = None
    events: list[tuple[object, ...]] = field(default_factory=list)

    def take(self, data: bytes) -> None:
        if not self._take(data):
            self.events.append(("malformed",))

    def _take(self, data: bytes) -> bool:
        if len(data) < HEADER_SIZE:
            return False
        session, sequence, count = struct.unpack_from(">10sQH", data)
        if self.session not in (None, session):
            return False
        self.session = session
        self._begin(sequence)
        at = HEADER_SIZE
        for _ in range(0 if count == END_OF_SESSION else count):
            if at + 2 > len(data):
                return False
            (size,) = struct.unpack_from(">H", data, at)
            if not self.shortest <= size <= self.longest or at + 2 + size > len(data):
                return False
            self._message(sequence, data[at + 2 : at + 2 + size])
            sequence, at = (sequence + 1) % _AROUND, at + 2 + size
        return at == len(data)

    def _begin(self, sequence: int) -> None:
        if self.expected is None:
            self.expected = sequence
        ahead = (sequence - self.expected) % _AROUND
        if 0 < ahead < _AROUND // 2:
            self.events.append(("gap", self.expected, ahead))
            self.expected = sequence

    def _message(self, sequence: int, message: bytes) -> None:
        if sequence != self.expected:
            self.events.append(("repeated",))
            return
        self.events.append(("message", sequence, message))
        self.expected = (sequence + 1) % _AROUND


def messages(count: int, random_: random.Random, longest: int = 50) -> list[bytes]:
    return [random_.randbytes(random_.randint(12, longest)) for _ in range(count)]


def stream(count: int, seed: int, first: int = 1) -> Iterator[bytes]:
    """Packets as a bad network brings them: lost, doubled, late, overlapping, heartbeats, another session, the end.

    The session of an odd seed has each bit of SESSION the other way; another session differs in any one bit.
    """
    random_ = random.Random(seed)
    session = bytes(byte ^ 0xFF * (seed % 2) for byte in SESSION)
    sent: list[tuple[int, list[bytes]]] = []
    sequence = first
    for _ in range(count):
        own = messages(random_.choice((1, 1, 2, 3, 7)), random_)
        sent.append((sequence, own))
        fate = random_.random()
        if fate > 0.08:
            yield packet(sequence, own, session)
        sequence += len(own)
        if fate > 0.92:
            old_sequence, old = random_.choice(sent[-8:])
            yield packet(old_sequence, old, session)
        elif fate > 0.88:
            lead = messages(2, random_)
            yield packet(sequence - 1, [own[-1], *lead], session)
            sent.append((sequence, lead))
            sequence += 2
        elif fate > 0.84:
            yield packet(sequence, [], session, random_.choice((0, END_OF_SESSION)))
        elif fate > 0.82:
            bit = 1 << random_.randrange(80)
            yield packet(sequence, own, (int.from_bytes(session, "big") ^ bit).to_bytes(10, "big"))


def malformed(seed: int) -> Iterator[bytes]:
    """A good packet cut, extended and changed at every byte, each with a good one behind it."""
    random_ = random.Random(seed)
    sequence = 1
    own = [random_.randbytes(size) for size in (12, 19, 36, 50)]
    size = len(packet(1, own))

    def behind(bad: bytes) -> Iterator[bytes]:
        nonlocal sequence
        yield bad
        yield packet(sequence + 2, own)
        sequence += 2 + len(own)

    for cut in range(1, size):
        yield from behind(packet(sequence, own)[:cut])
    for extra in range(1, 18):
        yield from behind(packet(sequence, own) + random_.randbytes(extra))
    for at in range(size):
        if 10 <= at < 18:
            continue  # the sequence: a far jump is a gap, behind which everything is old
        good = bytearray(packet(sequence, own))
        good[at] ^= 1 << random_.randrange(8)
        yield from behind(bytes(good))


def lengths(seed: int) -> Iterator[bytes]:
    """Every length at the ends of the range, as first, middle and last message, the bytes in accord or not; counts."""
    random_ = random.Random(seed)
    sequence = 1
    for length in (0, 1, 11, 12, 13, 49, 50, 51, 52, 63, 64, 255, 256, 0x1E00, 65535):
        for place in range(3):
            for has_bytes in (False, True):
                own = messages(3, random_)
                if has_bytes and length < 400:
                    own[place] = random_.randbytes(length)
                    data = packet(sequence, own)
                else:
                    at = HEADER_SIZE + sum(len(one) + 2 for one in own[:place])
                    data = bytearray(packet(sequence, own))
                    data[at : at + 2] = struct.pack(">H", length)
                yield bytes(data)
                sequence += 3
    for count in (0, 1, 2, 4, 5, 0xFFFE, END_OF_SESSION):
        yield packet(sequence, messages(3, random_), count=count)
        sequence += 3
