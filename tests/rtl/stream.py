"""The two ends of an AXI-Stream for a bench: random pauses, and the rules of the stream checked on the way."""

import random
from collections.abc import Callable, Sequence
from typing import Any

from cocotb.clock import Clock
from cocotb.triggers import RisingEdge

PERIOD_NS = 8


async def start(dut: Any, **inputs: int) -> None:
    """Clock, quiet inputs, reset."""
    Clock(dut.clk, PERIOD_NS, unit="ns").start()
    for name, value in inputs.items():
        getattr(dut, name).value = value
    await reset(dut)


async def reset(dut: Any, clocks: int = 3) -> None:
    dut.rst.value = 1
    for _ in range(clocks):
        await RisingEdge(dut.clk)
    dut.rst.value = 0


async def offer(dut: Any, packet: bytes, at: int) -> None:
    """One clock with the word at `at` of a packet on a 64-bit input that never stalls; bytes not kept are noise."""
    word = packet[at : at + 8]
    dut.s_axis_tdata.value = int.from_bytes(word.ljust(8, b"\xee"), "little")
    dut.s_axis_tkeep.value = (1 << len(word)) - 1
    dut.s_axis_tlast.value = int(at + 8 >= len(packet))
    dut.s_axis_tvalid.value = 1
    await RisingEdge(dut.clk)


class Stream:
    """One AXI-Stream port of the device, whose words are bytes of a fixed size."""

    def __init__(self, dut: Any, prefix: str, size: int, seed: int = 0, share: float = 1.0) -> None:
        self.clk, self.size, self.share = dut.clk, size, share
        self.random = random.Random(seed)
        self.data, self.valid = getattr(dut, f"{prefix}_tdata"), getattr(dut, f"{prefix}_tvalid")
        self.ready, self.last = getattr(dut, f"{prefix}_tready"), getattr(dut, f"{prefix}_tlast")

    def _goes(self) -> bool:
        return self.share >= 1.0 or self.random.random() < self.share

    async def send(self, words: Sequence[bytes], last_every: int = 1) -> None:
        """Offer each word in a share of the clocks until it is taken."""
        for place, word in enumerate(words, 1):
            while not self._goes():
                self.valid.value = 0
                await RisingEdge(self.clk)
            self.data.value = int.from_bytes(word, "little")
            self.last.value = int(place % last_every == 0)
            self.valid.value = 1
            await RisingEdge(self.clk)
            while not self.ready.value:
                await RisingEdge(self.clk)
        self.valid.value = 0

    async def receive(self, count: int, last_every: int = 1) -> list[bytes]:
        """Take `count` words in a share of the clocks; a word that is not taken must stay as it is."""
        return await self.receive_until(count, lambda place, word: place % last_every == 0)

    async def receive_until(self, count: int, is_last: Callable[[int, bytes], bool]) -> list[bytes]:
        """As `receive`; `is_last` says of each word, from 1, whether it must come with tlast."""
        words: list[bytes] = []
        held = None
        while len(words) < count:
            self.ready.value = int(self._goes())
            await RisingEdge(self.clk)
            if not self.valid.value:
                assert held is None, "tvalid went away before the word was taken"
                continue
            offered = (self.data.value.to_unsigned(), int(self.last.value))
            assert held in (None, offered), "the word changed before it was taken"
            if not self.ready.value:
                held = offered
                continue
            held = None
            words.append(offered[0].to_bytes(self.size, "little"))
            assert offered[1] == is_last(len(words), words[-1]), "tlast"
        self.ready.value = 0
        return words
