"""What each idea of the feature table costs a close, and how many bytes it keeps an instrument.

`python -m tests.bench.indicators` prints a line an idea of the 1-s bars: the median of five runs over 100,000 closes.
"""

from statistics import median
from time import perf_counter_ns

import numpy as np

from schemas.features import BY_NAME, NAMES, ONE_SECOND, TABLE
from schemas.layouts import feature_record
from tests.udfs.features.oracle import term_of
from tests.udfs.market.logs import CHANNEL
from udfs.arrays import CLOSE
from udfs.features.ideas import IDEAS, Idea
from udfs.features.row import Features
from udfs.features.walks import loop_of
from udfs.kernels import read_only

COUNT = 100_000


def closes() -> np.ndarray:
    """A walk of instrument 0, each bar with quotes and trades."""
    random = np.random.default_rng(1)
    price = 6_000_000 + np.cumsum(random.integers(-9, 10, COUNT))
    made = np.zeros(COUNT, CLOSE)
    made["bid"], made["ask"], made["close"], made["bid_size"], made["ask_size"] = price - 1, price + 1, price, 3, 3
    made["open"], made["high"], made["low"] = price - random.integers(-3, 4, COUNT), price + 5, price - 5
    made["volume"], made["value"], made["trades"] = 7, 7 * price, 3
    return made


def ns_a_close(idea: Idea, bars: np.ndarray) -> float:
    rows, x, width = np.zeros(0, feature_record(idea.names)), np.zeros((1, len(idea.names)), "<f4"), len(idea.names)
    places, order, before = np.arange(width), np.arange(len(bars)), np.zeros(0, "<i8")
    times = []
    for _ in range(6):
        own, seen = np.zeros(1, idea.state), np.zeros(1, "<i8")
        begin = perf_counter_ns()
        loop_of(idea.update)(bars, order, before, own, seen, read_only(np.zeros((1, 0))), places, 1, x, rows)
        times.append((perf_counter_ns() - begin) / len(bars))
    return median(times[1:])


def state_bytes(names: tuple[str, ...]) -> int:
    """Of one instrument, beyond what a channel keeps once."""
    machine = Features(term_of(*names), CHANNEL)
    return sum(array.nbytes // len(machine.initial()["x"]) for array in machine.initial().values())


def main() -> None:
    bars = read_only(closes())
    total = 0.0
    print(f"{'idea':<60}{'ns a close':>12}{'bytes':>8}")
    for idea in IDEAS:
        if BY_NAME[idea.names[0]].series == ONE_SECOND:
            cost = ns_a_close(idea, bars)
            total += cost
            print(f"{', '.join(idea.names):<60}{cost:>12.0f}{idea.state.itemsize + 8:>8}")
    every = tuple(feature.name for feature in TABLE)
    print(f"{'all of them':<60}{total:>12.0f}")
    print(f"bytes an instrument: default set {state_bytes(NAMES)}, every feature {state_bytes(every)}")


if __name__ == "__main__":
    main()
