"""Progress records: at every K-th position of the channel, a digest that chains all decision bytes so far.

Two replicas of a channel, or a run and its replay, are compared by the digest at equal positions.
"""

import hashlib

import numpy as np

from schemas.frame import Records
from schemas.records import PROGRESS
from udfs.machine import Batch
from udfs.trade.state import Ledger

PROGRESS_EVERY = 10_000


def add_progress(ledger: Ledger, batch: Batch, term: int) -> None:
    """Chain the batch's decisions into the digest; add a record for each K-th position that the batch holds."""
    decisions, first = batch["decisions"], batch.position
    before, taken, records = ledger.decisions - len(decisions), 0, []
    due = -(-first // PROGRESS_EVERY) * PROGRESS_EVERY
    for position in range(due, first + batch.count, PROGRESS_EVERY):
        taken = _chain(ledger, decisions, taken, position)
        records.append(_record(ledger, position, before + taken, term))
    _chain(ledger, decisions, taken, first + batch.count)
    if records:
        batch["progress"] = np.array(records, PROGRESS)


def _chain(ledger: Ledger, decisions: Records, taken: int, position: int) -> int:
    while taken < len(decisions) and decisions[taken]["position"] <= position:
        ledger.digest = hashlib.sha256(ledger.digest + decisions[taken].tobytes()).digest()
        taken += 1
    return taken


def _record(ledger: Ledger, position: int, decisions: int, term: int) -> Records:
    record = np.zeros((), PROGRESS)
    record["position"], record["decisions"] = position, decisions
    record["term"], record["halted"] = term, ledger.halted
    record["digest"] = np.void(ledger.digest)
    return record
