"""Progress records: at every K-th position of the channel, a digest that chains all decision bytes so far.

Two replicas of a channel, or a run and its replay, are compared by the digest at equal positions.
"""

import hashlib

import numpy as np

from schemas.frame import Records
from schemas.records import DECISION, PROGRESS
from udfs.machine import Batch
from udfs.trade.state import Ledger

PROGRESS_EVERY = 10_000


def add_progress(ledger: Ledger, batch: Batch, term: int) -> None:
    """Chain the batch's decisions into the digest; add a record for each K-th position that the batch holds."""
    due = -(-batch.position // PROGRESS_EVERY) * PROGRESS_EVERY
    end = batch.position + batch.count
    if due >= end and "decisions" not in batch.arrays:
        return
    decisions = batch["decisions"]
    positions, data = decisions["position"].tolist(), decisions.tobytes()
    before, taken, records = ledger.decisions - len(decisions), 0, []
    for position in range(due, end, PROGRESS_EVERY):
        taken = _chain(ledger, positions, data, taken, position)
        records.append(_record(ledger, position, before + taken, term))
    _chain(ledger, positions, data, taken, end)
    if records:
        batch["progress"] = np.array(records, PROGRESS)


def _chain(ledger: Ledger, positions: list[int], data: bytes, taken: int, position: int) -> int:
    size = DECISION.itemsize
    while taken < len(positions) and positions[taken] <= position:
        ledger.digest = hashlib.sha256(ledger.digest + data[taken * size : (taken + 1) * size]).digest()
        taken += 1
    return taken


def _record(ledger: Ledger, position: int, decisions: int, term: int) -> Records:
    record = np.zeros((), PROGRESS)
    record["position"], record["decisions"] = position, decisions
    record["term"], record["halted"] = term, ledger.halted
    record["digest"] = np.void(ledger.digest)
    return record
