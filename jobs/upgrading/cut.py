"""The first seconds of a capture, as a capture: the check need not play out a long one."""

import gzip
from itertools import takewhile
from pathlib import Path

__all__ = ["cut"]


def cut(capture: Path, folder: Path, seconds: float) -> Path:
    """Write what was received in the capture's first `seconds` into a folder, file by file; the folder.

    Files that begin later are left out. What stands in the folder already is written over.
    """
    sources = sorted(capture.glob("*/*.gz"))
    end_ns = min(_first_ns(source) for source in sources) + int(seconds * 1e9)
    for source in sources:
        with gzip.open(source) as file:
            lines = list(takewhile(lambda line: _receive_ns(line) < end_ns, file))
        target = folder / source.relative_to(capture)
        target.unlink(missing_ok=True)
        if lines:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(gzip.compress(b"".join(lines), mtime=0))
    return folder


def _first_ns(source: Path) -> int:
    with gzip.open(source) as file:
        return _receive_ns(next(file))


def _receive_ns(line: bytes) -> int:
    return int(line.split(b" ", 1)[0])
