"""Captured packets (pcap, also gzipped) as the UDP payloads in them, each with the time of its capture."""

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from schemas.errors import DataError
from schemas.frame import Records
from udfs.kernels import kernel

PACKET = np.dtype([("receive_ns", "<i8"), ("begin", "<i8"), ("end", "<i8")])  # the payload's bytes in the file

_FILE_HEADER, _RECORD_HEADER, _ETHERNET = 24, 16, 1
_MAGICS = {  # the first four bytes: byte order, and ns in the fraction's unit
    b"\xd4\xc3\xb2\xa1": ("<", 1000), b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\x4d\x3c\xb2\xa1": ("<", 1), b"\xa1\xb2\x3c\x4d": (">", 1),
}  # fmt: skip
_IPV4, _VLAN, _UDP = 0x0800, 0x8100, 17


@dataclass(frozen=True, slots=True)
class Packets:
    """A capture's bytes, where its UDP payloads are, and how many packets are something else."""

    data: npt.NDArray[np.uint8]
    places: Records
    others: int


def read_packets(path: Path) -> Packets:
    """The UDP payloads of a pcap file of Ethernet frames with IPv4; raises DataError where it is none, or cut off."""
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {error}") from error
    if content[:4] not in _MAGICS or len(content) < _FILE_HEADER:
        raise DataError(f"{path} is not a pcap file: its first bytes are {content[:4].hex()}")
    order, unit_ns = _MAGICS[content[:4]]
    link = int(np.frombuffer(content, f"{order}u4", 1, 20)[0])
    if link != _ETHERNET:
        raise DataError(f"{path}: link type {link} is not Ethernet (1)")
    data = np.frombuffer(content, np.uint8)
    places = np.zeros(len(data) // (_RECORD_HEADER + 42) + 1, PACKET)
    count, others, at = _payloads(data, order == "<", unit_ns, places)
    if at != len(data):
        raise DataError(f"{path}: cut off inside a packet at byte {at}")
    return Packets(data, places[:count].copy(), others)


@kernel()
def big_endian(data, at, size):  # type: ignore[no-untyped-def]
    """An unsigned number of up to eight bytes, as the 64 bits of an i8."""
    value = np.uint64(0)
    for place in range(size):
        value = (value << np.uint64(8)) | np.uint64(data[at + place])
    return np.int64(value)


@kernel()
def _word(data, at, is_little):  # type: ignore[no-untyped-def]
    value = big_endian(data, at, 4)
    if is_little:
        return value >> 24 | (value >> 8 & 0xFF00) | (value << 8 & 0xFF0000) | (value << 24 & 0xFF000000)
    return value


@kernel()
def _payloads(data, is_little, unit_ns, places):  # type: ignore[no-untyped-def]
    """The counts of payloads and of other packets, and where the last whole packet ends."""
    at, count, others = _FILE_HEADER, 0, 0
    while at + _RECORD_HEADER <= data.shape[0]:
        begin = at + _RECORD_HEADER
        end = begin + _word(data, at + 8, is_little)
        if end > data.shape[0]:
            break
        first, last = _udp(data, begin, end)
        if first < 0:
            others += 1
        else:
            place = places[count]
            seconds, fraction = _word(data, at, is_little), _word(data, at + 4, is_little)
            place.receive_ns = seconds * 1_000_000_000 + fraction * unit_ns
            place.begin, place.end = first, last
            count += 1
        at = end
    return count, others, at


@kernel()
def _udp(data, begin, end):  # type: ignore[no-untyped-def]
    """First byte of a frame's UDP payload and the one behind it; -1 where it holds none, or not all of it."""
    at = begin + 12
    if end - at < 2:
        return -1, -1
    if big_endian(data, at, 2) == _VLAN:
        at += 4
    if end - at < 30 or big_endian(data, at, 2) != _IPV4:
        return -1, -1
    ip = at + 2
    udp = ip + 4 * (data[ip] & 15)
    is_fragment = big_endian(data, ip + 6, 2) & 0x3FFF
    if data[ip + 9] != _UDP or is_fragment or udp + 8 > end:
        return -1, -1
    size = big_endian(data, udp + 4, 2)
    return (udp + 8, udp + size) if 8 <= size <= end - udp else (-1, -1)
