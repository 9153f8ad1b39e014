"""The preprocess block against udfs.features.preprocess, byte for byte."""

import os
from typing import Any

import cocotb
import numpy as np
from cocotb.triggers import ReadOnly, RisingEdge

from schemas.frame import Records
from tests.rtl.stream import Stream, reset, start
from tests.rtl.ticks import burst, filling, ticks
from udfs.features.preprocess import STATE, preprocess

INSTRUMENTS = 64
LATENCY_CLOCKS = 23
COUNT = int(os.environ.get("TICKS", "3000"))


async def begin(dut: Any) -> None:
    await start(dut, s_axis_tvalid=0, s_axis_tdata=0, s_axis_tlast=0, m_axis_tready=0)


def expected(given: Records) -> list[bytes]:
    return [record.tobytes() for record in preprocess(given, np.zeros(INSTRUMENTS, STATE))]


async def exchange(dut: Any, given: Records, seed: int = 0, offer: float = 1.0, take: float = 1.0) -> list[bytes]:
    """What the block makes of ticks, frames of seven."""
    send = Stream(dut, "s_axis", 40, seed, offer).send([tick.tobytes() for tick in given], 7)
    task = cocotb.start_soon(send)
    words = await Stream(dut, "m_axis", 128, seed + 1, take).receive(len(given), 7)
    await task
    return words


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
    given = np.concatenate([filling(64), ticks(500, seed=5, instruments=2)])
    check(await exchange(dut, given), expected(given))


@cocotb.test(timeout_time=50, timeout_unit="ms")
async def resets(dut: Any) -> None:
    """A reset at any clock of a stream, also of the clearing: afterwards nothing is left of before."""
    await begin(dut)
    for round_, clocks in enumerate((1, 40, 63, 64, 65, 66, 80, 130)):
        source = Stream(dut, "s_axis", 40, round_)
        task = cocotb.start_soon(source.send([tick.tobytes() for tick in ticks(400, 50 + round_)]))
        dut.m_axis_tready.value = round_ % 2
        for _ in range(clocks):
            await RisingEdge(dut.clk)
        task.cancel()
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
