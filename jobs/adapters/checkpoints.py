"""Flink's retained checkpoints and savepoints on disk."""

from pathlib import Path

from schemas.errors import SetupError


def claim(work: Path, replica: str) -> None:
    """Mark a work folder as one replica's; SetupError when it is the other's.

    Their states are interchangeable, their outputs are not: going on from b's state, a would leave out what b never
    wrote.
    """
    work.mkdir(parents=True, exist_ok=True)
    mark = work / "replica"
    owner = mark.read_text() if mark.exists() else replica
    if owner != replica:
        raise SetupError(f"{work} holds the state of replica {owner}: give replica {replica} a folder of its own")
    mark.write_text(replica)


def newest_checkpoint(work: Path) -> Path | None:
    """The newest complete checkpoint or savepoint under a work folder, as an absolute path; None when there is none.

    A checkpoint is complete when its _metadata exists: Flink writes that last.
    """
    work = work.resolve()
    found = [*work.glob("checkpoints/*/chk-*/_metadata"), *work.glob("savepoints/savepoint-*/_metadata")]
    if not found:
        return None
    return max(found, key=lambda path: (path.stat().st_mtime_ns, str(path))).parent
