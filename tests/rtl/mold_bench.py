"""The MoldUDP64 receiver against tests.rtl.mold, event by event."""

import os
import random
from collections.abc import Iterable
from typing import Any

import cocotb
from cocotb.triggers import RisingEdge

from tests.rtl import coverage
from tests.rtl.mold import END_OF_SESSION, HEADER_SIZE, Receiver, lengths, malformed, stream
from tests.rtl.stream import offer, reset, start

COUNT = int(os.environ.get("PACKETS", "600"))
Event = tuple[object, ...]


async def begin(dut: Any) -> None:
    await start(dut, s_axis_tvalid=0, s_axis_tdata=0, s_axis_tkeep=0, s_axis_tlast=0)


async def send(dut: Any, packets: Iterable[bytes], idle: float = 0.0, seed: int = 0) -> None:
    random_ = random.Random(seed)
    for data in packets:
        for at in range(0, len(data), 8):
            while idle and random_.random() < idle:
                dut.s_axis_tvalid.value = 0
                await RisingEdge(dut.clk)
            await offer(dut, data, at)
    dut.s_axis_tvalid.value = 0


async def watch(dut: Any, events: list[Event]) -> None:
    while True:
        await RisingEdge(dut.clk)
        if dut.gap_o.value:
            events.append(("gap", int(dut.gap_first_o.value), int(dut.gap_count_o.value)))
        if dut.message_valid_o.value:
            size = int(dut.length_o.value)
            bits = str(dut.message_o.value)[-8 * size :]
            events.append(("message", int(dut.sequence_o.value), int(bits, 2).to_bytes(size, "little")))
        events += [("repeated",)] * int(dut.repeated_o.value) + [("malformed",)] * int(dut.malformed_o.value)


async def check(dut: Any, packets: Iterable[bytes], idle: float = 0.0, seed: int = 0) -> Receiver:
    given, receiver, events = list(packets), Receiver(), []
    for data in given:
        receiver.take(data)
    task = cocotb.start_soon(watch(dut, events))
    await send(dut, given, idle, seed)
    for _ in range(6):
        await RisingEdge(dut.clk)
    task.cancel()
    for place, (found, wanted) in enumerate(zip(events, receiver.events, strict=False)):
        assert found == wanted, f"event {place} of {len(receiver.events)}: {found} is not {wanted}"
    assert len(events) == len(receiver.events)
    sample(given, receiver)
    return receiver


def sample(packets: list[bytes], receiver: Receiver) -> None:
    """What was met, from packets whose events were right."""
    for name, *values in receiver.events:
        coverage.mold_event("gap of 1" if name == "gap" and values[1] == 1 else str(name))
        if name == "message" and values[0] == 2**64 - 1:
            coverage.mold_event("wrap")
    accepted = {values[1] for name, *values in receiver.events if name == "message"}
    for data in packets:
        count, at = int.from_bytes(data[18:20], "big"), HEADER_SIZE
        if len(data) >= HEADER_SIZE:
            coverage.mold_count({0: "heartbeat", 1: "1", 2: "2", END_OF_SESSION: "end"}.get(count, "more"))
        while at + 2 <= len(data):
            size = int.from_bytes(data[at : at + 2], "big")
            if data[at + 2 : at + 2 + size] in accepted:
                coverage.mold_message((at + 2) % 8, size)
            at += 2 + size


@cocotb.test(timeout_time=20, timeout_unit="ms")
async def full_rate(dut: Any) -> None:
    await begin(dut)
    receiver = await check(dut, stream(COUNT, 1))
    assert {event[0] for event in receiver.events} == {"message", "gap", "repeated", "malformed"}


@cocotb.test(timeout_time=20, timeout_unit="ms")
async def random_pauses(dut: Any) -> None:
    await begin(dut)
    await check(dut, stream(COUNT, 2), idle=0.3, seed=2)


@cocotb.test(timeout_time=20, timeout_unit="ms")
async def every_malformation(dut: Any) -> None:
    await begin(dut)
    await check(dut, malformed(3))


@cocotb.test(timeout_time=20, timeout_unit="ms")
async def every_length(dut: Any) -> None:
    await begin(dut)
    await check(dut, lengths(4), idle=0.1, seed=4)


@cocotb.test(timeout_time=20, timeout_unit="ms")
async def sequence_wraps(dut: Any) -> None:
    await begin(dut)
    await check(dut, stream(60, 5, first=2**64 - 90))


@cocotb.test(timeout_time=20, timeout_unit="ms")
async def resets(dut: Any) -> None:
    """A reset at any word of a packet: afterwards another session may come, and no word of before is left."""
    await begin(dut)
    for words in (1, 2, 3, 4, 5, 9, 14):
        task = cocotb.start_soon(send(dut, stream(9, words)))
        for _ in range(words):
            await RisingEdge(dut.clk)
        task.cancel()
        coverage.mold_reset(words)
        dut.s_axis_tvalid.value = 0
        await reset(dut, 1)
        await check(dut, stream(12, 71 + words, first=1000 * words))


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def bins_are_met(dut: Any) -> None:
    """What the cases before had to meet."""
    coverage.check_met("mold")
