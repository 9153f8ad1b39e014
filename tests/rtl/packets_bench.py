"""Packets to ticks against the Python adapter with the block's limits, byte for byte."""

import os
from pathlib import Path
from typing import Any

import cocotb
import numpy as np
from cocotb.triggers import ClockCycles, RisingEdge

from jobs.adapters.mold import LINE, receive
from schemas.frame import Records
from schemas.records import TICK, Status, TickFlag, TickKind
from tests.itch import Market, message
from tests.rtl import coverage
from tests.rtl.mold import malformed, packet
from tests.rtl.sampling import sample, watch_fifo
from tests.rtl.session import MIDNIGHT_NS, Session, system_session
from tests.rtl.stream import Stream, offer, reset, start

COUNT = int(os.environ.get("MESSAGES", "10000"))
CLOCKS_PER_MESSAGE = 30  # after which the slowest message is done
COUNTERS = ("malformed", "repeated", "foreign", "dropped", "unknown", "contradicted", "refused", "outside")


async def begin(dut: Any, session: Session) -> None:
    await start(dut, s_axis_tvalid=0, s_axis_tdata=0, s_axis_tkeep=0, s_axis_tlast=0, m_axis_tready=0, map_valid_i=0,
                session_ns_i=MIDNIGHT_NS, now_ns_i=0)  # fmt: skip
    await write_map(dut, session)


async def write_map(dut: Any, session: Session) -> None:
    while not dut.ready_o.value:
        await RisingEdge(dut.clk)
    for (locate, number), base in zip(session.members.items(), session.window.tolist(), strict=True):
        dut.map_locate_i.value, dut.map_instrument_i.value, dut.map_base_i.value = locate, number, base
        dut.map_valid_i.value = 1
        await RisingEdge(dut.clk)
    dut.map_valid_i.value = 0


async def send(dut: Any, session: Session, rest: int = CLOCKS_PER_MESSAGE) -> None:
    """The packets, word by word without a pause; behind each, `rest` clocks a message."""
    for data, stamp in zip(session.packets, session.stamps, strict=True):
        dut.now_ns_i.value = stamp
        for at in range(0, len(data), 8):
            await offer(dut, data, at)
            dut.now_ns_i.value = 0
        dut.s_axis_tvalid.value = 0
        if rest:
            await ClockCycles(dut.clk, rest * int.from_bytes(data[18:20], "big") % 4096 + 1)


def is_last(place: int, word: bytes) -> bool:
    return bool(word[38] & TickFlag.LAST)


async def exchange(
    dut: Any, session: Session, wanted: Records, seed: int = 0, take: float = 1.0, rest: int = CLOCKS_PER_MESSAGE
) -> None:
    task = cocotb.start_soon(send(dut, session, rest))
    words = await Stream(dut, "m_axis", 40, seed, take).receive_until(len(wanted), is_last)
    await task
    found = np.frombuffer(b"".join(words), TICK)
    differ = np.flatnonzero(found != wanted)
    for place in differ[:1]:
        raise AssertionError(f"{len(differ)} differ, first {place}: {found[place]} is not {wanted[place]}")
    await ClockCycles(dut.clk, 200)
    assert not dut.m_axis_tvalid.value, "a tick too many"
    sample(session, wanted)
    counted(dut)


def counted(dut: Any) -> dict[str, int]:
    """The counters since the reset."""
    found = {name: int(getattr(dut, f"{name}_o").value) for name in COUNTERS}
    for name in (name for name in COUNTERS if found[name]):
        coverage.counter(name)
    return found


@cocotb.test(timeout_time=500, timeout_unit="ms")
async def realistic_flow(dut: Any) -> None:
    """Realistic flow, half of it of other stocks; every counter agrees."""
    session = Session()
    session.send([*Market(4, 1).messages(COUNT), message("S", code=b"E", time_ns=10**14)])
    await begin(dut, session)
    feed = session.feed()
    wanted = session.ticks(feed)
    quotes = int((wanted["kind"] == TickKind.BID).sum())
    assert not (wanted["size"][wanted["kind"] == TickKind.STATUS] == Status.GAP).any()
    assert quotes > COUNT // 10
    await exchange(dut, session, wanted, rest=CLOCKS_PER_MESSAGE // 2)  # the FIFO evens it out
    counts, found = feed.orders.counts[0], counted(dut)
    assert all(found[name] == counts[name] for name in ("unknown", "contradicted", "refused", "outside")), found
    assert found["outside"] and found["foreign"] and not found["dropped"] and not found["malformed"]


@cocotb.test(timeout_time=50, timeout_unit="ms")
async def random_pauses(dut: Any) -> None:
    session = Session()
    session.send(Market(4, 2).messages(600), 2)
    await begin(dut, session)
    await exchange(dut, session, session.ticks(), 2, 0.4)


@cocotb.test(timeout_time=50, timeout_unit="ms")
async def broken_feed(dut: Any) -> None:
    """Lost and doubled packets, a message of a wrong size, unknown and doubled orders, each in its session."""
    for round_ in range(4):
        session = Session()
        flow = [*Market(4, 20 + round_).messages(160)]
        at = max(place for place in range(90) if flow[place][:1] in b"AF" and flow[place][2] in (2, 4)) + 1
        flow[at:at] = (
            [],
            [message("X", locate=2, reference=999, shares=1)],
            [flow[at - 1]],
            [message("D", locate=2, reference=999) + b"!"],
        )[round_]
        session.send(flow[:90], round_)
        if round_ == 0:
            session.sequence += 3
            session.packets[20:20], session.stamps[20:20] = [session.packets[12]], [session.stamps[19]]
        session.send(flow[90:], round_)
        await (begin if round_ == 0 else again)(dut, session)
        wanted = session.ticks()
        assert (wanted["size"][wanted["kind"] == TickKind.STATUS] == Status.GAP).any()
        await exchange(dut, session, wanted)
        found = counted(dut)
        names = ("repeated", "unknown", "contradicted", "malformed")
        assert [name for name in names if found[name]] == [names[round_]], found


@cocotb.test(timeout_time=5000, timeout_unit="ms")
async def records(dut: Any) -> None:
    """A whole session through the top for packets; what leaves it is written to the file RECORDS."""
    session = system_session(COUNT)
    await begin(dut, session)
    wanted = len(session.ticks())
    task = cocotb.start_soon(send(dut, session, CLOCKS_PER_MESSAGE // 2))
    words = await Stream(dut, "m_axis", 128).receive_until(wanted, is_last)
    await task
    await ClockCycles(dut.clk, 400)
    assert not dut.m_axis_tvalid.value and not dut.counts_o.value[127:96].to_unsigned()
    Path(os.environ["RECORDS"]).write_bytes(b"".join(words))


async def again(dut: Any, session: Session) -> None:
    await reset(dut, 1)
    await RisingEdge(dut.clk)
    await RisingEdge(dut.clk)
    await write_map(dut, session)


@cocotb.test(timeout_time=50, timeout_unit="ms")
async def overflows(dut: Any) -> None:
    """A full set, a bid above the window, an ask below it, prices off step, a level too large."""
    for round_ in range(6):
        session = Session()
        base = int(session.window[0])
        order = {"locate": 2, "shares": 100, "price": base + 500}
        flow = [message("A", **order, reference=one << 20, side=b"B") for one in range(4)]
        flow += (
            [message("A", **order, reference=9 << 20, side=b"B")],
            [message("A", **{**order, "price": base + (100 << 8)}, reference=7, side=b"B")],
            [message("A", **{**order, "price": base - 100}, reference=7, side=b"S")],
            [message("A", **{**order, "price": base + 550}, reference=7, side=b"S")],
            [message("A", **{**order, "price": base + 550}, reference=7, side=b"B")],
            [message("A", **{**order, "shares": 2**32 - 1}, reference=7, side=b"B")],
        )[round_]
        flow += [message("D", locate=2, reference=0), message("E", locate=2, reference=1 << 20, shares=30)]
        session.send(flow, most=1)
        await (begin if round_ == 0 else again)(dut, session)
        wanted = session.ticks()
        assert wanted["kind"].tolist()[-2:] == [TickKind.STATUS, TickKind.TRADE]
        await exchange(dut, session, wanted)


@cocotb.test(timeout_time=50, timeout_unit="ms")
async def edges(dut: Any) -> None:
    """Both ends of the window, the largest sizes and numbers, nothing executed, everything gone and back."""
    session = Session()
    base, most = int(session.window[1]), 2**32 - 1
    top, number = base + (255 * 100), 2**64 - 1
    flow = [
        message("A", locate=4, shares=most, price=base, reference=number, side=b"B"),
        message("A", locate=4, shares=most, price=top, reference=0, side=b"S"),
        message("F", locate=4, shares=1, price=base - 100, reference=2**63, side=b"B"),
        message("A", locate=4, shares=1, price=most, reference=2**62, side=b"S"),
        message("E", locate=4, shares=0, reference=number),
        message("E", locate=4, shares=most, reference=number),
        message("X", locate=4, shares=most - 1, reference=0),
        message("C", locate=4, shares=1, reference=0, code=b"Y", price=most),
        message("U", locate=4, reference=2**63, new_reference=5, shares=0, price=top),
        message("U", locate=4, reference=5, new_reference=6, shares=9, price=top),
        message("Q", locate=4, shares=2**64 - 1, price=1),
        message("Q", locate=4, shares=0, price=1),
        message("P", locate=4, shares=1, price=1, time_ns=2**48 - 1),
        message("D", locate=4, reference=6),
        message("A", locate=4, shares=3, price=base, reference=8, side=b"S"),
    ]
    session.send(flow, most=2)
    await begin(dut, session)
    wanted = session.ticks()
    assert not (wanted["size"][wanted["kind"] == TickKind.STATUS] == Status.GAP).any()
    await exchange(dut, session, wanted)


@cocotb.test(timeout_time=50, timeout_unit="ms")
async def feed_too_fast(dut: Any) -> None:
    """No pause at all, nothing taken for a while: what is lost is counted and told as a gap, the rest is in order."""
    session = Session()
    session.send(Market(4, 9).messages(1200))
    await begin(dut, session)
    watching = cocotb.start_soon(watch_fifo(dut))
    await send(dut, session, 0)
    dut.m_axis_tready.value = 1
    ticks = bytearray()
    for _ in range(12000):
        await RisingEdge(dut.clk)
        if dut.m_axis_tvalid.value:
            ticks += dut.m_axis_tdata.value.to_unsigned().to_bytes(40, "little")
    watching.cancel()
    found = np.frombuffer(bytes(ticks), TICK)
    assert counted(dut)["dropped"] > 0
    gaps = np.flatnonzero((found["kind"] == TickKind.STATUS) & (found["size"] == Status.GAP))
    assert {*found["instrument"][gaps].tolist()} == {0, 1}
    assert not np.isin(found["kind"][gaps[0] :], (TickKind.BID, TickKind.ASK)).any()
    assert (np.diff(found["receive_ns"]) >= 0).all()
    wanted = session.ticks()
    assert (found[: gaps[0]] == wanted[: gaps[0]]).all() and gaps[0] > 20


@cocotb.test(timeout_time=50, timeout_unit="ms")
async def resets(dut: Any) -> None:
    """A reset at any clock of a session: afterwards nothing is left of before."""
    await begin(dut, Session())
    for round_, clocks in enumerate((1, 7, 30, 95, 333)):
        before, after = Session(), Session()
        before.send(Market(4, 40 + round_).messages(40))
        after.send(Market(4, 50 + round_).messages(60))
        task = cocotb.start_soon(send(dut, before, round_ * 4))
        dut.m_axis_tready.value = round_ % 2
        await ClockCycles(dut.clk, clocks)
        task.cancel()
        dut.s_axis_tvalid.value = 0
        await again(dut, after)
        await exchange(dut, after, after.ticks(), round_, 0.8)


@cocotb.test(timeout_time=50, timeout_unit="ms")
async def malformed_packets(dut: Any) -> None:
    """Every byte of a packet changed or cut; the messages are no ITCH, but the gaps are told."""
    session = Session()
    session.packets = [one for place, one in enumerate(malformed(3)) if place % 4 < 2]
    session.packets.append(packet(1, []))
    session.stamps = [MIDNIGHT_NS + one for one in range(len(session.packets))]
    await begin(dut, session)
    line = np.zeros(1, LINE)
    receive(session.places(), line)
    await exchange(dut, session, session.ticks())
    assert counted(dut)["malformed"] >= line["malformed"][0] > 50


@cocotb.test(timeout_time=50, timeout_unit="ms")
async def resets_in_every_state(dut: Any) -> None:
    """A reset while the order table clears, waits, reads, looks, acts, or holds what it gives."""
    await begin(dut, Session())
    for state in range(6):
        before, after = Session(), Session()
        before.send(Market(4, 60).messages(60))
        after.send(Market(4, 70 + state).messages(30))
        await (reset(dut, 1) if state == 0 else again(dut, before))
        task = cocotb.start_soon(send(dut, before))
        dut.m_axis_tready.value = 1
        while int(dut.order_table.state.value) != state:
            await RisingEdge(dut.clk)
        coverage.packets_reset(state)
        task.cancel()
        dut.s_axis_tvalid.value = 0
        await again(dut, after)
        await exchange(dut, after, after.ticks(), state, 0.8)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def bins_are_met(dut: Any) -> None:
    """What the cases before had to meet."""
    coverage.check_met("packets")
