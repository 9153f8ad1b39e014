"""The preprocess block against udfs.features.preprocess, byte for byte."""

import os
from typing import Any

import cocotb
import numpy as np
from cocotb.triggers import ReadOnly, RisingEdge

from schemas.frame import Records
from schemas.records import PREPROCESSED
from tests.rtl import coverage
from tests.rtl.stream import Stream, reset, start
from tests.rtl.ticks import burst, filling, one_sale, ticks
from udfs.features.preprocess import STATE, SUM_MAX, SUM_MIN, preprocess

INSTRUMENTS = 64
FIFO_TICKS = 32
LATENCY_CLOCKS = 23
COUNT = int(os.environ.get("TICKS", "3000"))


async def begin(dut: Any) -> None:
    await start(dut, s_axis_tvalid=0, s_axis_tdata=0, s_axis_tlast=0, m_axis_tready=0)


def expected(given: Records, state: Records | None = None) -> list[bytes]:
    return [record.tobytes() for record in preprocess(given, np.zeros(INSTRUMENTS, STATE) if state is None else state)]


async def exchange(dut: Any, given: Records, seed: int = 0, offer: float = 1.0, take: float = 1.0) -> list[bytes]:
    """What the block makes of ticks, frames of seven."""
    send = Stream(dut, "s_axis", 40, seed, offer).send([tick.tobytes() for tick in given], 7)
    task, watching = cocotb.start_soon(send), cocotb.start_soon(watch(dut))
    words = await Stream(dut, "m_axis", 128, seed + 1, take).receive(len(given), 7)
    await task
    watching.cancel()
    coverage.sampled_ticks(given, np.frombuffer(b"".join(words), PREPROCESSED))
    return words


async def watch(dut: Any, clocks: int = 2000) -> None:
    """Both streams, clock by clock."""
    pairs = (dut.s_axis_tvalid, dut.s_axis_tready, dut.m_axis_tvalid, dut.m_axis_tready)
    for _ in range(clocks):
        await RisingEdge(dut.clk)
        coverage.stream(*(int(one.value) for one in pairs))


async def count_inside(dut: Any, inside: list[int]) -> None:
    """Keep how many ticks went in and have not come out."""
    while True:
        await RisingEdge(dut.clk)
        inside[0] += int(dut.s_axis_tvalid.value) & int(dut.s_axis_tready.value)
        inside[0] -= int(dut.m_axis_tvalid.value) & int(dut.m_axis_tready.value)


def held(inside: int, is_ready: bool) -> str:
    """What the block holds."""
    if inside < LATENCY_CLOCKS - 1:
        return "filling" if inside else "empty" if is_ready else "clearing"
    return "full" if inside >= FIFO_TICKS else "full pipeline"


def check(found: list[bytes], wanted: list[bytes]) -> None:
    differ = [place for place, pair in enumerate(zip(found, wanted, strict=True)) if pair[0] != pair[1]]
    if differ:
        at = differ[0]
        raise AssertionError(
            f"{len(differ)} differ, first {at}: {found[at].hex(' ', 8)} is not {wanted[at].hex(' ', 8)}"
        )


@cocotb.test(timeout_time=50, timeout_unit="ms")
async def full_rate(dut: Any) -> None:
    await begin(dut)
    given = ticks(COUNT, seed=1)
    check(await exchange(dut, given), expected(given))


@cocotb.test(timeout_time=50, timeout_unit="ms")
async def random_pauses(dut: Any) -> None:
    await begin(dut)
    given = ticks(COUNT, seed=2)
    check(await exchange(dut, given, 2, 0.7, 0.5), expected(given))


@cocotb.test(timeout_time=50, timeout_unit="ms")
async def slow_source(dut: Any) -> None:
    await begin(dut)
    given = ticks(COUNT // 2, seed=3)
    check(await exchange(dut, given, 3, 0.3, 1.0), expected(given))


@cocotb.test(timeout_time=50, timeout_unit="ms")
async def bursts(dut: Any) -> None:
    """The same instrument again after 0, 1, 2 and 3 others: every way through the forwarding."""
    await begin(dut)
    given = np.concatenate([burst(distance, 150, distance) for distance in (0, 1, 2, 3, 0)])
    check(await exchange(dut, given), expected(given))


@cocotb.test(timeout_time=50, timeout_unit="ms")
async def edges(dut: Any) -> None:
    await begin(dut)
    given = ticks(COUNT, seed=4, instruments=4, edges=0.5)
    check(await exchange(dut, given, 4, 0.9, 0.9), expected(given))


@cocotb.test(timeout_time=50, timeout_unit="ms")
async def saturation(dut: Any) -> None:
    await begin(dut)
    given = np.concatenate([filling(64), one_sale(2), ticks(500, seed=5, instruments=2)])
    check(await exchange(dut, given), expected(given))


@cocotb.test(timeout_time=50, timeout_unit="ms")
async def sums_near_their_ends(dut: Any) -> None:
    """The sums are put where billions of ticks would bring them; only that of values reaches its end by itself."""
    await begin(dut)
    while not dut.s_axis_tready.value:
        await RisingEdge(dut.clk)
    state, near = np.zeros(INSTRUMENTS, STATE), 20_000
    for number, end in enumerate((SUM_MAX - near, SUM_MIN + near)):
        for name, sum_ in (("volume", "volume_sum"), ("signed_volume", "net_sum"), ("flow", "flow_sum")):
            state[name][number] = max(end, 0) if name == "volume" else end
            getattr(dut.pipe, sum_).words[number].value = int(state[name][number]) % 2**64
    given = ticks(1500, seed=6, instruments=2, edges=0.0)
    given["instrument"] %= 2
    wanted = expected(given, state)
    check(await exchange(dut, given, 6, 0.9, 0.9), wanted)


@cocotb.test(timeout_time=50, timeout_unit="ms")
async def resets(dut: Any) -> None:
    """A reset at any clock of a stream, also of the clearing: afterwards nothing is left of before."""
    await begin(dut)
    for round_, clocks in enumerate((1, 40, 63, 64, 65, 66, 70, 80, 90, 91, 130, 131)):
        await reset(dut, 1)
        source, inside = Stream(dut, "s_axis", 40, round_), [0]
        counting = cocotb.start_soon(count_inside(dut, inside))
        task = cocotb.start_soon(source.send([tick.tobytes() for tick in ticks(400, 50 + round_)]))
        dut.m_axis_tready.value = round_ % 2
        for _ in range(clocks):
            await RisingEdge(dut.clk)
        task.cancel()
        counting.cancel()
        coverage.preprocess_reset(held(inside[0], bool(dut.s_axis_tready.value)))
        dut.s_axis_tvalid.value = 0
        await reset(dut, 1)
        given = ticks(200, 60 + round_)
        check(await exchange(dut, given, round_), expected(given))


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def latency(dut: Any) -> None:
    """The stated number of clocks from the edge that takes a tick to the record, and a tick each clock behind it."""
    await begin(dut)
    dut.m_axis_tready.value = 1
    dut.s_axis_tdata.value = int.from_bytes(ticks(1, 1)[0].tobytes(), "little")
    dut.s_axis_tvalid.value = 1
    while True:
        await RisingEdge(dut.clk)
        if dut.s_axis_tready.value:
            break
    clocks = 0
    while True:
        await ReadOnly()
        if dut.m_axis_tvalid.value:
            break
        await RisingEdge(dut.clk)
        clocks += 1
    assert clocks == LATENCY_CLOCKS, clocks
    for _ in range(100):
        await RisingEdge(dut.clk)
        assert dut.m_axis_tvalid.value and dut.s_axis_tready.value, "not a tick a clock"


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def bins_are_met(dut: Any) -> None:
    """What the cases before had to meet."""
    coverage.check_met("preprocess")
