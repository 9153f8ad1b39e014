"""The frame: round trips, cutting and joining, every damage detected, golden bytes of every kind."""

import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.control import Halt, read_control, read_quarantined
from schemas.errors import BadFrame, Fault
from schemas.frame import (
    COUNT_MAX,
    DOCUMENT_BYTES_MAX,
    DOCUMENT_SIZE_MAX,
    HEADER_SIZE,
    Frame,
    canonical,
    channel_of,
    cut,
    decode,
    document,
    encode,
    join,
    log_tag,
    recut,
    text_of,
)
from schemas.layouts import DOCUMENTS, RECORDS, SCHEMAS
from schemas.records import TICK, Kind
from tests.schemas.golden import KINDS, QUARANTINED, golden_frame, golden_records, path

by_name = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


@st.composite
def frames(draw: st.DrawFn, kinds: tuple[int, ...] = tuple(RECORDS), count_max: int = 6) -> Frame:
    """Any frame of fixed records: any header, any bytes in the records."""
    kind = draw(st.sampled_from(kinds))
    size = RECORDS[kind].itemsize
    count = draw(st.integers(1, count_max))
    body = draw(st.binary(min_size=size * count, max_size=size * count))
    whole = {bits: st.integers(0, 2**bits - 1) for bits in (16, 32, 64)}
    return Frame(
        kind,
        draw(whole[16]),
        draw(whole[16]),
        draw(whole[32]),
        draw(st.integers(0, 2**63)),
        np.frombuffer(body, RECORDS[kind]),
        publish_ns=draw(st.integers(-(2**63), 2**63 - 1)),
        flags=draw(whole[16]),
        log=draw(whole[32]),
    )


def same(left: Frame, right: Frame) -> bool:
    return encode(left) == encode(right)


def fault_of(data: bytes) -> Fault:
    with pytest.raises(BadFrame) as error:
        decode(data)
    return error.value.fault


def sealed(data: bytes, at: int, value: bytes) -> bytes:
    """Other bytes in the header under a right checksum, as another version would write them."""
    head = data[:at] + value + data[at + len(value) : 44]
    checksum = zlib.crc32(data[48:], zlib.crc32(bytes(4), zlib.crc32(head)))
    return head + checksum.to_bytes(4, "little") + data[48:]


# Round trip


@settings(deadline=None)
@given(frames())
def test_round_trip(frame):
    data = encode(frame)
    found = decode(data)
    for name in ("kind", "channel", "source", "epoch", "sequence", "publish_ns", "flags", "log"):
        assert getattr(found, name) == getattr(frame, name)
    assert found.records.dtype == RECORDS[frame.kind]
    assert found.records.tobytes() == frame.records.tobytes()
    assert encode(found) == data
    assert channel_of(data) == frame.channel


@settings(deadline=None)
@given(st.binary(max_size=100).filter(lambda text: not text.endswith(b" ") and text))
def test_documents_round_trip(text):
    frame = Frame(Kind.CONTROL, 0, 1, 1, 0, document(text))
    data = encode(frame)
    assert (len(data) - HEADER_SIZE) % 8 == 0
    assert text_of(decode(data).records) == text


def test_records_of_a_decoded_frame_cannot_be_written():
    with pytest.raises(ValueError, match="read-only"):
        decode(encode(golden_frame(Kind.TICKS))).records["price"] = 1


@pytest.mark.parametrize("count", [0, COUNT_MAX + 1])
def test_a_frame_holds_one_to_many_records(count):
    with pytest.raises(ValueError, match="1 to 16384 records"):
        encode(Frame(Kind.TICKS, 0, 1, 1, 0, np.zeros(count, TICK)))


def test_the_fullest_frame_and_the_longest_document():
    assert len(decode(encode(Frame(Kind.TICKS, 0, 1, 1, 0, np.zeros(COUNT_MAX, TICK))))) == COUNT_MAX
    whole = Frame(Kind.CONTROL, 0, 1, 1, 0, document(b"x" * DOCUMENT_SIZE_MAX))
    assert text_of(decode(encode(whole)).records) == b"x" * DOCUMENT_SIZE_MAX
    with pytest.raises(ValueError, match="at most 2097152 bytes"):
        document(b"x" * (DOCUMENT_BYTES_MAX + 1))


@pytest.mark.parametrize(
    ("length", "records"),
    [(DOCUMENT_SIZE_MAX, 1), (DOCUMENT_SIZE_MAX + 1, 2), (5 * DOCUMENT_SIZE_MAX, 5), (DOCUMENT_BYTES_MAX, 33)],
)
def test_a_document_of_several_records(length, records):
    text = bytes(1 + place % 250 for place in range(length - 1)) + b"}"
    found = decode(encode(Frame(Kind.CONTROL, 0, 1, 1, 0, document(text))))
    assert len(found) == records and text_of(found.records) == text


@settings(deadline=None)
@given(frames())
def test_canonical_bytes_have_no_telemetry(frame):
    assert canonical(frame) == canonical(replace(frame, publish_ns=0)) == encode(replace(frame, publish_ns=0))


# Damage


@by_name
def test_every_single_bit_flip_is_detected(kind):
    data = path(kind).read_bytes()
    for bit in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(BadFrame):
            decode(bytes(flipped))


@by_name
def test_truncation_at_every_length_is_named(kind):
    data = path(kind).read_bytes()
    assert {fault_of(data[:length]) for length in range(len(data))} == {Fault.TRUNCATED}


@by_name
def test_extension_by_every_length_is_named(kind):
    data = path(kind).read_bytes()
    assert {fault_of(data + bytes(length)) for length in range(1, 200)} == {Fault.EXTENDED}
    assert fault_of(data + data) == Fault.EXTENDED


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_bytes_that_are_no_frame_are_refused(data):
    assert fault_of(data) in (Fault.TRUNCATED, Fault.FOREIGN)


@settings(deadline=None)
@given(frames(), st.data())
def test_any_change_of_a_stretch_is_detected(frame, draw):
    data = encode(frame)
    begin = draw.draw(st.integers(0, len(data) - 1))
    other = draw.draw(st.binary(min_size=1, max_size=4))
    changed = data[:begin] + other[: len(data) - begin] + data[begin + len(other) :]
    if changed != data:
        fault_of(changed)


UNKNOWN = {
    "version": (2, b"\x02", Fault.UNKNOWN_VERSION, "version 2 is not known here (known: 1)"),
    "old version": (2, b"\x00", Fault.UNKNOWN_VERSION, "version 0 is not known here"),
    "kind": (3, b"\x63", Fault.UNKNOWN_KIND, "kind 99 is not known here"),
    "kind without records": (3, bytes([Kind.NEWS]), Fault.UNKNOWN_KIND, "kind 5 is not known here"),
    "schema": (28, b"\0\0\0\0", Fault.UNKNOWN_SCHEMA, "TICKS records of layout 0x00000000, 40 bytes"),
    "record size": (14, b"\x27\x00", Fault.UNKNOWN_SCHEMA, "TICKS records of layout"),
    "another kind's schema": (3, bytes([Kind.HEARTBEAT]), Fault.UNKNOWN_SCHEMA, "HEARTBEAT records of layout"),
    "no records": (24, b"\0\0\0\0", Fault.TOO_MANY, "count 0 is not between 1 and 16384"),
    "too many records": (24, b"\x01\x40\0\0", Fault.TOO_MANY, "count 16385 is not between 1 and 16384"),
    "magic": (0, b"NP", Fault.FOREIGN, "magic 0x504e is not 0x4e50"),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_another_version_would_write_is_refused_by_name(name):
    at, value, fault, message = UNKNOWN[name]
    with pytest.raises(BadFrame) as error:
        decode(sealed(encode(golden_frame(Kind.TICKS)), at, value))
    assert error.value.fault is fault
    assert message in str(error.value)


def test_the_seal_of_these_tests_is_right():
    data = encode(golden_frame(Kind.TICKS))
    assert sealed(data, 4, data[4:6]) == data
    assert decode(sealed(data, 4, b"\x05\x00")).channel == 5


# Cut and join


@settings(deadline=None)
@given(frames(count_max=12), st.data())
def test_cut_and_join(frame, draw):
    if len(frame) > 1:
        left, right = cut(frame, draw.draw(st.integers(1, len(frame) - 1)))
        assert (left.sequence + len(left), len(left) + len(right)) == (right.sequence, len(frame))
        assert same(join([left, right]), frame)
        assert same(join([left, *cut(right, 1)] if len(right) > 1 else [left, right]), frame)
    for at in (0, len(frame), -1, len(frame) + 1):
        with pytest.raises(ValueError, match="cannot be cut"):
            cut(frame, at)


def test_only_neighbours_of_one_writer_are_joined():
    left, right = cut(golden_frame(Kind.TICKS), 1)
    for other in (
        {"sequence": right.sequence + 1},
        {"sequence": right.sequence - 1},
        {"channel": 4},
        {"source": 2},
        {"epoch": 6},
        {"kind": Kind.HEARTBEAT},
        {"log": 1},
        {"flags": 1},
    ):
        with pytest.raises(ValueError, match="are not neighbours"):
            join([left, replace(right, **other)])
    control = golden_frame(Kind.CONTROL)
    with pytest.raises(ValueError, match="are not neighbours"):
        join([control, replace(control, sequence=control.sequence + 1)])


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=8), st.lists(st.integers(1, 7)))
def test_recut_keeps_every_record_and_its_number(parts, sizes):
    """A log with holes in the numbers and controls in between, in other frames."""
    log, sequence = [], 0
    for count, is_odd in parts:
        ticks = np.zeros(count, TICK)
        ticks["price"] = np.arange(sequence, sequence + count)
        log.append(Frame(Kind.TICKS, 0, 1, 1, sequence, ticks))
        if is_odd and count % 2:
            log.append(replace(golden_frame(Kind.CONTROL), sequence=count))
        sequence += count + (3 if is_odd else 0)
    found = list(recut(log, iter([*sizes, *[2] * 100])))
    numbered = [
        (f.sequence + n, int(one["price"])) for f in found if f.kind == Kind.TICKS for n, one in enumerate(f.records)
    ]
    assert numbered == [(n, n) for n, _ in numbered]
    assert len(numbered) == sum(count for count, _ in parts)
    controls = [f for f in log if f.kind == Kind.CONTROL]
    assert [encode(f) for f in found if f.kind == Kind.CONTROL] == [encode(f) for f in controls]


# Golden bytes


@by_name
def test_golden_bytes(kind):
    """A changed layout must be meant: it changes what every log says. See tests/schemas/golden."""
    assert encode(golden_frame(kind)) == path(kind).read_bytes()


@by_name
def test_golden_bytes_are_read(kind):
    found = decode(path(kind).read_bytes())
    assert (found.kind, found.channel, found.epoch, found.sequence, found.publish_ns, found.log) == (
        kind,
        3,
        5,
        6,
        7,
        8,
    )
    if kind == Kind.CONTROL:
        assert read_control(found) == Halt(by="operator", reason="drill")
    elif kind == Kind.QUARANTINE:
        assert read_quarantined(found) == QUARANTINED
    else:
        assert found.records.tobytes() == golden_records(kind).tobytes()


def test_header_bytes_by_hand():
    """The first 48 bytes, spelled out: kind 1, channel 3, source 1, epoch 5, flags 9, record size 40, …"""
    head = path(Kind.TICKS).read_bytes()[:48]
    assert head[:28].hex(" ") == "50 4e 01 01 03 00 01 00 05 00 00 00 09 00 28 00 06 00 00 00 00 00 00 00 02 00 00 00"
    assert head[28:32] == SCHEMAS[Kind.TICKS].to_bytes(4, "little")
    assert head[32:44].hex(" ") == "07 00 00 00 00 00 00 00 08 00 00 00"


def test_tick_bytes_by_hand():
    first = path(Kind.TICKS).read_bytes()[48:88]
    whole = [n.to_bytes(8, "little") for n in (1, 2, 3, 4)]
    assert first == b"".join([*whole, (5).to_bytes(4, "little"), b"\x06\x07", (8).to_bytes(2, "little")])


def test_every_kind_with_records_has_golden_bytes():
    assert {*KINDS} == {*RECORDS, *DOCUMENTS} == {*SCHEMAS}
    assert {one.stem.upper() for one in path(Kind.TICKS).parent.glob("*.bin")} == {kind.name for kind in KINDS}


def test_layouts_have_no_hidden_padding_and_are_little_endian():
    for kind, dtype in RECORDS.items():
        fields = [dtype.fields[name] for name in dtype.names]
        ends = [offset + field.itemsize for field, offset, *_ in fields]
        assert [0, *ends[:-1]] == [offset for _, offset, *_ in fields], Kind(kind).name
        assert ends[-1] == dtype.itemsize
        assert all(field.base.str[0] in "<|" for field, *_ in fields)


def test_log_tags():
    assert log_tag("a") == zlib.crc32(b"a") != log_tag("b")
    assert log_tag("") == 1  # 0 is kept for frames before a GENESIS
