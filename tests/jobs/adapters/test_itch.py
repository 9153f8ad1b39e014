"""Nasdaq's ITCH and MoldUDP64: the adapter against plain books, packets against the plain receiver, and real bytes."""

import gzip
import os
import random
from datetime import date
from pathlib import Path

import msgspec
import numpy as np
import pytest

from jobs.adapters.itch import Feed, midnight_ns, read_itch, split
from jobs.adapters.mold import LINE, receive
from jobs.adapters.pcap import read_packets
from jobs.adapters.source import read_data
from schemas.errors import ConfigError, DataError
from schemas.frame import Records
from schemas.instrument import Instrument, TickSize, Universe
from schemas.itch import BY_TYPE, MESSAGES
from schemas.records import ALL_STREAMS, NO_INSTRUMENT, Side, Status, TickFlag, TickKind
from tests.itch import Market, directory, file_of, message, pcap, plain_ticks
from tests.rtl.mold import Receiver, malformed, packet, stream

DAY = date(2026, 3, 9)  # the day after the clocks changed
STOCKS = ("AAA", "BBB", "CCC", "DDD")


def universe(*symbols: str, venue: str = "nasdaq", **given: object) -> Universe:
    return Universe(
        instruments=tuple(
            Instrument(
                number=number, symbol=symbol, venue=venue, channel=number % 2, price_decimals=4, size_decimals=0,
                tick_sizes=(TickSize(0, 1),), lot=1, size_min=1, quote="USD", settle="USD", fee="USD", **given,
            )
            for number, symbol in enumerate(symbols)
        )
    )  # fmt: skip


def ticks_of(messages: list[bytes], *symbols: str) -> Records:
    """The ticks of a session whose directory is STOCKS, from one piece."""
    feed = Feed(universe(*symbols), midnight_ns(DAY))
    data = np.frombuffer(file_of(directory(STOCKS) + messages), np.uint8)
    return feed.take(data, split(data), "here")


def listed(ticks: Records) -> list[tuple[int, ...]]:
    names = ("venue_ns", "instrument", "kind", "side", "price", "size", "flags")
    return list(zip(*(ticks[name].tolist() for name in names), strict=True))


def stamps(packets: list[bytes], first_ns: int) -> list[int]:
    """One packet a microsecond."""
    return [first_ns + 1000 * place for place in range(len(packets))]


def test_the_table_has_every_message_of_the_specification() -> None:
    sizes = "S12 R39 H25 Y20 L26 V35 W12 K28 J35 h21 A36 F40 E31 C36 X23 D19 U35 P44 Q40 B19 I50 N20 O48"
    assert [f"{one.letter}{one.size}" for one in MESSAGES] == sizes.split()


@pytest.mark.parametrize("seed", range(3))
def test_books_equal_the_plain_ones(seed: int) -> None:
    messages = [*Market(4, seed).messages(4000), message("S", code=b"E", time_ns=10**9)]
    found = ticks_of(messages, "BBB", "DDD", "AAA")
    assert listed(found) == plain_ticks(messages, {2: 0, 4: 1, 1: 2}, midnight_ns(DAY))
    kinds = {TickKind.TRADE, TickKind.BID, TickKind.ASK, TickKind.STATUS}
    assert {TickKind(kind) for kind in found["kind"]} == kinds
    assert (found["receive_ns"] == found["venue_ns"]).all()


@pytest.mark.parametrize("seed", range(3))
def test_books_of_contradicting_messages_equal_the_plain_ones(seed: int) -> None:
    """Messages lost, doubled and with other numbers: books close once, and never tell a quote again."""
    chance = random.Random(seed)
    messages = []
    for one in Market(4, 10 + seed).messages(3000):
        fate = chance.random()
        messages += [] if fate < 0.001 else [one, one] if fate < 0.002 else [one]
    found = ticks_of(messages, *STOCKS)
    assert listed(found) == plain_ticks(messages, {one + 1: one for one in range(4)}, midnight_ns(DAY))
    gaps = found[(found["kind"] == TickKind.STATUS) & (found["size"] == Status.GAP)]
    assert len(gaps) == len(set(gaps["instrument"])) > 0


def test_one_event_in_full() -> None:
    """An order is hit: the trade with its aggressor, then both sides of the quote; LAST ends the event."""
    add = {"locate": 1, "shares": 300, "price": 101_0000}
    messages = [
        message("A", **add, reference=1, side=b"B", time_ns=5),
        message("A", **{**add, "price": 102_0000}, reference=2, side=b"S", time_ns=6),
        message("E", locate=1, reference=1, shares=100, time_ns=7),
    ]
    start, last = midnight_ns(DAY), int(TickFlag.LAST)
    assert listed(ticks_of(messages, "AAA"))[2:] == [
        (start + 6, 0, TickKind.BID, Side.BUY, 101_0000, 300, 0),
        (start + 6, 0, TickKind.ASK, Side.SELL, 102_0000, 300, last),
        (start + 7, 0, TickKind.TRADE, Side.SELL, 101_0000, 100, 0),
        (start + 7, 0, TickKind.BID, Side.BUY, 101_0000, 200, 0),
        (start + 7, 0, TickKind.ASK, Side.SELL, 102_0000, 300, last),
    ]


def test_file_in_pieces_is_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "03092026.NASDAQ_ITCH50.gz"
    path.write_bytes(gzip.compress(file_of([*directory(STOCKS), *Market(4, 5).messages(2000)])))
    whole = read_data(path, universe(*STOCKS))
    assert sum(map(len, whole.values())) == len(ticks_of([*Market(4, 5).messages(2000)], *STOCKS))
    monkeypatch.setattr("jobs.adapters.itch.CHUNK_BYTES", 1000)
    pieces = read_itch(path, universe(*STOCKS))
    assert all((pieces[channel] == whole[channel]).all() for channel in (0, 1))
    assert pieces.counts == whole.counts and whole.counts["nasdaq", ""]["messages"] == 2004


def test_references_are_copied(tmp_path: Path) -> None:
    path = tmp_path / "2026-03-09.itch"
    path.write_bytes(file_of([*directory(STOCKS), *Market(4, 5).messages(500)]))
    ticks = read_itch(path, universe("AAA", "BBB", reference_of=(0,)))[0]
    assert {(one["instrument"], bool(one["flags"] & TickFlag.REFERENCE)) for one in ticks} == {(0, False), (1, True)}


def test_packets_equal_the_plain_receiver(tmp_path: Path) -> None:
    """Lost, late, doubled, overlapping, changed at every byte: message by message as tests.rtl.mold makes them."""
    given = [*stream(400, 2), *malformed(2)]
    path = tmp_path / "feed.pcap"
    path.write_bytes(pcap(given, stamps(given, 10**18), 3))
    packets, line, receiver = read_packets(path), np.zeros(1, LINE), Receiver()
    del given[3]  # became ARP
    for one in given:
        receiver.take(one)
    assert packets.others == 1
    found = [
        ("gap", place["size"]) if place["begin"] < 0 else packets.data[place["begin"] :][: place["size"]].tobytes()
        for place in receive(packets, line)
    ]
    events = receiver.events
    assert found == [(one[0], one[2]) if one[0] == "gap" else one[2] for one in events if one[0] in ("gap", "message")]
    for name in ("repeated", "malformed"):
        assert line[name][0] == sum(one == (name,) for one in events)


def test_lost_packets_close_every_book(tmp_path: Path) -> None:
    messages = [*directory(STOCKS), *Market(4, 6).messages(900)]
    parts = [packet(1 + at, messages[at : at + 3]) for at in range(0, len(messages), 3)]
    del parts[200]
    path = tmp_path / "feed.pcap"
    sent = [*parts[:3], parts[2], *parts[3:]]
    path.write_bytes(pcap(sent, stamps(sent, midnight_ns(DAY) + 10**13)))
    ticks = read_itch(path, universe("AAA", "BBB"))[0]
    (place,) = np.flatnonzero(ticks["size"] == Status.GAP)
    assert ticks["price"][place] == ALL_STREAMS and ticks["venue_ns"][place] == 0
    assert ticks["receive_ns"][place] == midnight_ns(DAY) + 10**13 + 1000 * 201
    assert not np.isin(ticks["kind"][place:], (TickKind.BID, TickKind.ASK)).any()
    assert (ticks["kind"][place:] == TickKind.TRADE).any()


def test_message_of_a_wrong_size_is_refused_and_is_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "2026-03-09.itch"
    path.write_bytes(file_of([*directory(STOCKS), message("D", locate=1, reference=9)[:-1], b"?" * 20]))
    capture = read_itch(path, universe("AAA"))
    (refused,) = capture.refused
    assert refused.reason == "b'D' has 19 bytes, not 18"
    assert capture[0]["size"].tolist() == [Status.GAP]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("x.itch", b"", "does not say the day"),
        ("2026-13-09.itch", b"", "does not say the day"),
        ("2026-03-09.itch", file_of(directory(STOCKS))[:-1], "cut off"),
        ("2026-03-09.itch", file_of(directory(["ZZZ"])), "does not have AAA"),
        ("2026-03-09.itch.gz", b"no gzip", "cannot be read"),
        ("feed.pcap", b"no pcap at all, but long enough", "not a pcap file"),
        ("feed.pcap", pcap([packet(1, directory(STOCKS))], [10**18])[:-1], "cut off"),
        ("feed.pcap", pcap([], []), "no UDP packet"),
    ],
)
def test_file_that_cannot_be_used_is_named(tmp_path: Path, name: str, content: bytes, why: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=why):
        read_itch(tmp_path / name, universe("AAA"))


def test_other_universes_are_refused() -> None:
    with pytest.raises(DataError, match="no instrument of venue"):
        Feed(universe("AAA", venue="other"), 0)
    coarse = msgspec.structs.replace(universe("AAA").instruments[0], price_decimals=2)
    with pytest.raises(ConfigError, match="price_decimals = 4"):
        Feed(Universe(instruments=(coarse,)), 0)


@pytest.mark.skipif("PENSTOCK_ITCH_SAMPLE" not in os.environ, reason="PENSTOCK_ITCH_SAMPLE names no real ITCH file")
def test_real_messages() -> None:
    """The first messages of a real session: each has its type's size; the directory and the first states are read."""
    data = np.frombuffer(Path(os.environ["PENSTOCK_ITCH_SAMPLE"]).read_bytes(), np.uint8)
    places = split(data)
    letters = [chr(letter) for letter in data[places["begin"]]]
    assert [BY_TYPE[letter].size for letter in letters] == places["size"].tolist()
    assert (places["begin"][-1] + places["size"][-1], len(places)) == (len(data), 1000)
    feed = Feed(universe("A", "AA", "AAAU"), midnight_ns(DAY))
    ticks = feed.take(data, places, "sample")
    assert (ticks["instrument"].tolist(), set(ticks["size"].tolist())) == ([0, 1, 2], {Status.TRADING})
    assert NO_INSTRUMENT not in ticks["instrument"] and (np.diff(ticks["venue_ns"]) > 0).all()
    assert feed.counts == {"messages": 1000, "refused": 0}
