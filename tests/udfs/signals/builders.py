"""A channel's closes and feature rows, generated; its term; and how its log can be cut into frames."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np

from schemas.config import load
from schemas.control import ModelRef, Term
from schemas.feature_sets import DEFAULT
from schemas.features import WIDTH
from schemas.records import FEATURE, Kind, Mark
from udfs.arrays import CLOSE
from udfs.machine import Batch

DEMO = Path("jobs/settings/demo.toml")
START_NS = 1_723_161_255_000_000_000
SECOND_NS = 1_000_000_000


def term(model: ModelRef | None = None, **learn: float) -> Term:
    config = load(DEMO)
    return Term(
        number=1,
        log_id="log",
        code_version="0",
        cpu_class="any",
        feature_hash=DEFAULT.hash,
        universe=config.universe,
        limits=config.limits,
        exchange=config.exchange,
        strategies=config.strategies,
        learn=msgspec.structs.replace(config.learn, **learn),
        models=(model or reference("0" * 64),),
    )


def reference(sha256: str, trained_from_ns: int = 0, trained_to_ns: int = 0) -> ModelRef:
    return ModelRef(
        name="generated",
        sha256=sha256,
        feature_hash=DEFAULT.hash,
        trained_from_ns=trained_from_ns,
        trained_to_ns=trained_to_ns,
    )


def channel_log(seed: int, seconds: int, instruments: tuple[int, ...] = (0, 1)) -> tuple[np.ndarray, np.ndarray]:
    """Closes and rows, one a second and instrument, with marks, cold rows, unusable rows and silences."""
    random = np.random.default_rng(seed)
    closes, rows, position, now_ns = [], [], 5, START_NS
    bids = dict.fromkeys(instruments, 100_000)
    for _ in range(seconds):
        end_ns = now_ns + SECOND_NS
        now_ns = end_ns + SECOND_NS * int(random.choice([0, 0, 0, 0, 0, 0, 0, 1, 12]))
        position += int(random.integers(0, 3)) or 40
        closes.append(_close(position, end_ns, now_ns, instruments[0], 1, 1, 0, width=1))  # the label must not see it
        silent = random.random() < 0.1  # closes without rows: labels come alone
        for instrument in instruments:
            bids[instrument] += int(random.integers(-3, 4))
            spread = int(random.integers(1, 4))
            marks = int(random.choice([0] * 12 + [Mark.GAP, Mark.ONE_SIDED, Mark.CROSSED, Mark.SUSPECT]))
            closes.append(_close(position, end_ns, now_ns, instrument, bids[instrument], spread, marks))
            if not silent and random.random() < 0.9:
                rows.append(_row(random, len(rows) + 1, closes[-1]))
        position += 1
    return np.array(closes, CLOSE), np.array(rows, FEATURE)


def _close(position, end_ns, now_ns, instrument, bid, spread, marks, width=0):
    close = np.zeros((), CLOSE)
    close["position"], close["end_ns"], close["now_ns"] = position, end_ns, now_ns
    close["bid"], close["ask"], close["instrument"] = bid, bid + spread, instrument
    close["marks"], close["width"] = marks, width
    return close


def _row(random, number, close):
    row = np.zeros((), FEATURE)
    row["number"], row["position"], row["channel_ns"] = number, close["position"], close["end_ns"]
    row["bid"], row["ask"], row["marks"] = close["bid"], close["ask"], close["marks"]
    row["instrument"], row["warm"] = close["instrument"], number > 20
    row["x"] = random.normal(size=WIDTH).astype(np.float32)
    if random.random() < 0.03:
        row["x"][3] = random.choice([np.nan, np.inf])
    return row


def frames(cuts: list[int], **arrays: np.ndarray) -> Iterator[Batch]:
    """The log's arrays in batches that end before the positions `cuts`."""
    edges = [0, *sorted(cuts), 2**62]
    for low, high in pairwise(edges):
        batch = Batch(0, Kind.TICKS, low, 1)
        for name, records in arrays.items():
            part = records[(records["position"] >= low) & (records["position"] < high)]
            if len(part):
                batch[name] = part
        yield batch


def play(machines, batches, restart_at: frozenset[int] = frozenset()) -> dict[str, bytes]:
    """What the machines add, joined over the batches; at `restart_at` every state goes through its bytes."""
    states = [machine.initial() for machine in machines]
    added: dict[str, list[bytes]] = {}
    for number, batch in enumerate(batches):
        if number in restart_at:
            states = [machine.load(machine.dump(state)) for machine, state in zip(machines, states, strict=True)]
        given = set(batch.arrays)
        for machine, state in zip(machines, states, strict=True):
            machine.step(state, batch)
        for name in set(batch.arrays) - given:
            added.setdefault(name, []).append(batch[name].tobytes())
    result = {name: b"".join(parts) for name, parts in added.items()}
    for machine, state in zip(machines, states, strict=True):
        result[f"state of {machine.name}"] = machine.dump(state)
    return result
