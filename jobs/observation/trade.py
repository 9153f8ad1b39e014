"""What the client of an embedded job tells; the operator inside Flink tells the rest through Flink's own reporter."""

from pathlib import Path

from jobs.adapters.checkpoints import newest_checkpoint
from jobs.adapters.clock import wall_ns
from jobs.adapters.metrics import Page
from schemas import metrics

__all__ = ["fill"]


def fill(page: Page, work: Path) -> None:
    newest = newest_checkpoint(work)
    if newest is not None:
        age_ns = wall_ns() - (newest / "_metadata").stat().st_mtime_ns
        page.set(metrics.CHECKPOINT_AGE, max(0, age_ns) / 1e9)
