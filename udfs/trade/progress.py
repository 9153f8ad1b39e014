"""Progress records: at every K-th position of the channel, a digest that chains all decision bytes so far.

Two replicas of a channel, or a run and its replay, are compared by the digest at equal positions.
"""

import hashlib
from bisect import bisect_right
from struct import Struct

import numpy as np

from schemas.records import DECISION, PROGRESS
from udfs.machine import Batch
from udfs.trade.state import Ledger

PROGRESS_EVERY = 10_000
_PROGRESS = Struct("<QQIB3x32s")
assert _PROGRESS.size == PROGRESS.itemsize


def add_progress(ledger: Ledger, batch: Batch, term: int) -> None:
    """Chain the batch's decisions into the digest; add a record for each K-th position that the batch holds."""
    due = -(-batch.position // PROGRESS_EVERY) * PROGRESS_EVERY
    end = batch.position + batch.count
    if due >= end and "decisions" not in batch.arrays:
        return
    decisions = batch["decisions"]
    data, before, taken, records = decisions.tobytes(), ledger.decisions - len(decisions), 0, []
    places = decisions["position"].tolist() if due < end else ()
    for position in range(due, end, PROGRESS_EVERY):
        until = bisect_right(places, position)
        _chain(ledger, data, taken, until)
        taken = until
        records.append(_PROGRESS.pack(position, before + taken, term, ledger.halted, ledger.digest))
    _chain(ledger, data, taken, len(decisions))
    if records:
        batch["progress"] = np.frombuffer(b"".join(records), PROGRESS)


def _chain(ledger: Ledger, data: bytes, first: int, last: int) -> None:
    """Take the decisions first to last into the digest, one by one."""
    digest, size = ledger.digest, DECISION.itemsize
    for at in range(first * size, last * size, size):
        digest = hashlib.sha256(digest + data[at : at + size]).digest()
    ledger.digest = digest
