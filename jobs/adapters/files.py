"""Small files that others read while we write them."""

import os
from pathlib import Path

from schemas.errors import SetupError

__all__ = ["replace_file"]


def replace_file(path: Path, data: bytes) -> None:
    """Write the whole file, on the disk before it has its name; readers see the old one or the new one, never a part.

    Its folder is made. SetupError when it cannot be written: a full disk does not say itself which one it is.
    """
    new = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with new.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        raise SetupError(f"{new}: {error.strerror}: free some space, or choose a folder that can be written") from error
