"""MoldUDP64 packets to messages, each once and in order; what `rtl/mold_rx.sv` does, by the same rules.

What was seen before is dropped. What is missing is told before the message behind it. A packet that contradicts itself
(a length out of range, cut off, count and bytes differ, another session than the first) is counted; its messages before
the fault are kept, the lost ones show as the next gap. Sequences are compared modulo 2^64.
"""

import numpy as np

from jobs.adapters.pcap import Packets, big_endian
from schemas.frame import Records
from udfs.kernels import kernel

LENGTH_MIN, LENGTH_MAX = 12, 50

# A message's bytes in the capture; begin -1 tells of `size` lost messages before the next one.
PLACE = np.dtype([("receive_ns", "<i8"), ("begin", "<i8"), ("size", "<i8")])
LINE = np.dtype(
    [
        ("expected", "<i8"),  # as its 64 bits
        ("is_known", "<i8"),
        ("session", "u1", (10,)),
        ("pad", "u1", (6,)),
        ("gaps", "<i8"),
        ("repeated", "<i8"),
        ("malformed", "<i8"),
    ]
)

_HEADER, _END_OF_SESSION = 20, 0xFFFF


def receive(packets: Packets, line: Records) -> Records:
    """The places of the messages in packets; `line` is one LINE, changed in place."""
    most = int((packets.places["end"] - packets.places["begin"]).sum()) // (LENGTH_MIN + 2) + len(packets.places)
    places = np.zeros(most, PLACE)
    count = 0
    for one in np.array_split(packets.places, max(1, len(packets.places) // 65536)):
        count = _receive(packets.data, one, line, places, count)
    return places[:count]


@kernel()
def _receive(data, packets, lines, places, count):  # type: ignore[no-untyped-def]
    line = lines[0]
    for i in range(packets.shape[0]):
        packet = packets[i]
        if packet.end - packet.begin < _HEADER or not _is_ours(data, packet.begin, line):
            line.malformed += 1
            continue
        sequence = big_endian(data, packet.begin + 10, 8)
        ahead = sequence - line.expected
        if not line.is_known or ahead > 0:
            if line.is_known:
                places[count].receive_ns, places[count].begin, places[count].size = packet.receive_ns, -1, ahead
                line.gaps += 1
                count += 1
            line.expected, line.is_known = sequence, 1
        count, is_whole = _messages(data, packet, sequence, line, places, count)
        line.malformed += not is_whole
    return count


@kernel()
def _is_ours(data, at, line):  # type: ignore[no-untyped-def]
    """Whether the packet is of the session that the first one named."""
    for place in range(10):
        if not line.is_known:
            line.session[place] = data[at + place]
        elif line.session[place] != data[at + place]:
            return False
    return True


@kernel()
def _messages(data, packet, sequence, line, places, count):  # type: ignore[no-untyped-def]
    """The places of a packet's messages behind the others, and whether it is as it says."""
    left = big_endian(data, packet.begin + 18, 2)
    at = packet.begin + _HEADER
    if left == _END_OF_SESSION:
        left = 0
    for _ in range(left):
        if at + 2 > packet.end:
            return count, False
        size = big_endian(data, at, 2)
        if not LENGTH_MIN <= size <= LENGTH_MAX or at + 2 + size > packet.end:
            return count, False
        if sequence == line.expected:
            places[count].receive_ns, places[count].begin, places[count].size = packet.receive_ns, at + 2, size
            count += 1
            line.expected += 1
        else:
            line.repeated += 1
        sequence += 1
        at += 2 + size
    return count, at == packet.end
