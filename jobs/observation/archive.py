"""What the archive tells: as it reads everything, what the logs and the outputs hold, and the last parity check."""

from collections import Counter
from pathlib import Path

import msgspec
import numpy as np

from jobs.adapters.clock import wall_ns
from jobs.adapters.metrics import Page
from jobs.warehouse.archive import Archive
from jobs.warehouse.intake import Taken
from models.scorer import EVEN_BP
from schemas import metrics
from schemas.arrow import name_of
from schemas.control import Quarantined
from schemas.errors import Fault
from schemas.frame import Records
from schemas.metrics import Metric
from schemas.trading import Reason, Verdict

__all__ = ["Tally", "fill"]

REPORT = "parity.json"  # of `penstock parity`
MEMBERS = {"model": "model_bp", "online": "online_bp", "ensemble": "p_bp"}
_LABELS = ((1, "up"), (-1, "down"), (0, "flat"))
_SAMPLES = ((0, "out"), (1, "in"))
_FAULTS = frozenset(Fault.__members__)  # whatever bytes claim, the label has no other values


class Tally:
    """Counts what is new in each message, by metric and labels, from the moment that this process began."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[Metric, tuple[object, ...]]] = Counter()

    def take(self, taken: Taken) -> None:
        self._add(metrics.FRAMES, 1, taken.raw.topic)
        if isinstance(taken.document, Quarantined):
            fault = taken.document.fault
            self._add(metrics.QUARANTINED, taken.document.count, (fault if fault in _FAULTS else "OTHER").lower())
        if taken.raw.frame is None or taken.table is None:
            return
        channel, records = taken.raw.frame.channel, taken.raw.frame.records[taken.raw.repeated :]
        if taken.table == "ticks":
            self._add(metrics.TICKS, len(records), channel)
        elif taken.table == "features":
            self._add(metrics.FEATURES, len(records), channel)
        elif taken.table == "decisions":
            self._decisions(records)
        elif taken.table == "outcomes":
            self._outcomes(records)

    def _decisions(self, records: Records) -> None:
        both = records["verdict"].astype(np.int64) << 8 | records["reason"]
        for key, count in zip(*(found.tolist() for found in np.unique(both, return_counts=True)), strict=True):
            verdict, reason = name_of(Verdict, key >> 8), name_of(Reason, key & 255)
            self._add(metrics.DECISIONS, count, verdict.lower(), reason.lower())

    def _outcomes(self, records: Records) -> None:
        for inside, sample in _SAMPLES:
            own = records[records["in_sample"] == inside]
            for label, name in _LABELS:
                self._add(metrics.OUTCOMES, int(np.count_nonzero(own["label"] == label)), name, sample)
            moved = own[own["label"] != 0]
            for member, column in MEMBERS.items():
                is_right = np.where(moved["label"] > 0, moved[column] > EVEN_BP, moved[column] < EVEN_BP)
                self._add(metrics.CORRECT, int(np.count_nonzero(is_right)), member, sample)

    def _add(self, metric: Metric, count: int, *labels: object) -> None:
        self.counts[metric, labels] += count


def fill(page: Page, archive: Archive, tally: Tally, folder: Path) -> None:
    page.set(metrics.ARCHIVED, archive.archived)
    for channel, count in archive.gaps.items():
        page.set(metrics.GAPS, count, channel)
    for (metric, labels), count in tally.counts.items():
        page.set(metric, count, *labels)
    _parity(page, folder / REPORT)


def _parity(page: Page, report: Path) -> None:
    if not report.exists():
        return
    found = msgspec.json.decode(report.read_bytes())
    page.set(metrics.PARITY, sum(one["different"] + one["missing"] for one in found))
    page.set(metrics.PARITY_AGE, max(0, wall_ns() - report.stat().st_mtime_ns) / 1e9)
