"""Flink's retained checkpoints and savepoints on disk."""

from pathlib import Path


def newest_checkpoint(work: Path) -> Path | None:
    """The newest complete checkpoint or savepoint under a work folder; None when there is none.

    A checkpoint is complete when its _metadata exists: Flink writes that last.
    """
    found = [*work.glob("checkpoints/*/chk-*/_metadata"), *work.glob("savepoints/savepoint-*/_metadata")]
    if not found:
        return None
    return max(found, key=lambda path: (path.stat().st_mtime_ns, str(path))).parent
