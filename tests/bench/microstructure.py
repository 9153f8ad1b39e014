"""Prints what the book of levels costs, and how often the signing rules agree with the venue: `python -m …` FOLDER."""

import sys
import time
from pathlib import Path

import numpy as np

from jobs.adapters.capture import read_capture
from schemas.frame import Records
from schemas.records import TickKind
from tests.builders import CAPTURE, demo, demo_term
from udfs.arrays import EMPTY
from udfs.machine import Batch
from udfs.market.bars import Bars
from udfs.market.book import Book
from udfs.market.levels import Levels
from udfs.market.prints import Prints
from udfs.market.quality import Quality


def cost_ns(ticks: Records, channel: int) -> tuple[float, int]:
    """The best of three, per LEVEL record; bytes of state an instrument."""
    levels = Levels(demo_term(), channel)
    levels.warm()
    only = ticks[ticks["kind"] == TickKind.LEVEL].copy()
    taken = []
    for _ in range(3):
        batch = Batch(channel, 1, 0, len(only), arrays={"ticks": only, "closes": EMPTY["closes"]})
        state = levels.initial()
        begin = time.process_time()
        levels.step(state, batch)
        taken.append(time.process_time() - begin)
    return min(taken) * 1e9 / len(only), len(levels.dump(state)) // len(state["books"])


def main(folder: Path) -> None:
    for channel, ticks in read_capture(folder, demo().universe).items():
        machines = [kind(demo_term(), channel) for kind in (Quality, Book, Bars, Levels, Prints)]
        batch = Batch(channel, 1, 0, len(ticks), arrays={"ticks": ticks})
        for machine in machines:
            machine.step(machine.initial(), batch)
        ns, size = cost_ns(ticks, channel)
        print(f"channel {channel}: {ns:.0f} ns a level change, {size} bytes of levels an instrument")
        for number in np.unique(batch["prints"]["instrument"]).tolist():
            mine = (batch["prints"]["instrument"] == number) & (batch["prints"]["width"] == 0)
            prints, depths = batch["prints"][mine], batch["depths"][mine]
            sided = int(prints["sided"].sum())
            right = [prints[name].sum() / sided for name in ("tick_rule_right", "lee_ready_right")]
            known = depths[(depths["standing"] & 1 == 0) & (depths["known"] > 0)]
            differs = int(np.count_nonzero(known["standing"] & 32))
            one = demo().universe.instruments[number]
            print(
                f"  {one.venue} {one.symbol}: {sided} trades, tick rule right {right[0]:.3f}, Lee-Ready {right[1]:.3f};"
                f" best level is not the best quote at {differs} of {len(known)} closes"
            )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else CAPTURE)
