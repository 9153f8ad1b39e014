"""What was submitted to a cluster, kept in the run's folder so that an upgrade can submit it again."""

from pathlib import Path

import msgspec

from jobs.adapters.files import replace_file
from schemas.errors import SetupError


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """One job on one cluster."""

    rest: str  # host:port
    job: str  # Flink's id
    arguments: tuple[str, ...]  # of jobs.trade


def keep(folder: Path, replica: str, submission: Submission) -> None:
    """Write it, instead of what was submitted before."""
    replace_file(_path(folder, replica), msgspec.json.encode(submission))


def kept(folder: Path, replica: str) -> Submission:
    """What was submitted last; SetupError when nothing was, or the file is not ours."""
    path = _path(folder, replica)
    try:
        return msgspec.json.decode(path.read_bytes(), type=Submission)
    except FileNotFoundError:
        raise SetupError(f"{path} is not there: `penstock submit` writes it") from None
    except msgspec.DecodeError as error:
        raise SetupError(f"{path} is not a submission ({error}): submit the job again") from error


def _path(folder: Path, replica: str) -> Path:
    return folder / f"submission-{replica}.json"
