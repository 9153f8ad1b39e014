"""A canonical savepoint of the running job, taken where the golden states were; it names no folder and no broker."""

import signal
import tarfile
from pathlib import Path

from jobs.adapters.checkpoints import newest_checkpoint
from tests.golden import read
from tests.system.rig import Rig, until

STOP_S = 60


def take_savepoint(release: str, folder: Path) -> Path:
    """Let the job read the logs of a release up to where the states were taken, and stop it there."""
    rig = Rig(folder / "rig")
    try:
        for channel, golden in read(release).items():
            rig.write(channel, golden.log[: golden.taken])
        job = rig.start_trade(folder / "work")
        until(rig.is_read, 90, "trade has read the logs")
        assert job.stop(STOP_S, signal.SIGTERM)
    finally:
        rig.close()
    savepoint = newest_checkpoint(folder / "work")
    assert savepoint is not None and savepoint.parent.name == "savepoints"
    return savepoint


def pack(savepoint: Path, target: Path) -> None:
    """One small file with the same bytes for the same savepoint."""
    with tarfile.open(target, "w:xz", preset=9) as archive:
        for path in sorted(savepoint.iterdir()):
            entry = tarfile.TarInfo(f"{savepoint.name}/{path.name}")
            entry.size = path.stat().st_size
            with path.open("rb") as data:
                archive.addfile(entry, data)


def unpack(packed: Path, work: Path) -> Path:
    """The savepoint under another run's folder, where `trade` finds it."""
    with tarfile.open(packed) as archive:
        archive.extractall(work / "savepoints", filter="data")
    (found,) = (work / "savepoints").iterdir()
    return found
