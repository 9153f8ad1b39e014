"""The halt flag: a file that stops every order, works with Kafka down, and stays over restarts."""

import os
from pathlib import Path

import msgspec

__all__ = ["Flag", "FlagState"]


class FlagState(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who halted or resumed last, when and why."""

    halted: bool
    by: str = ""
    reason: str = ""
    wall_ns: int = 0


class Flag:
    """`halt.json` in the run's folder. A file that cannot be read is a halt: in doubt, no order."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "halt.json"

    def read(self) -> FlagState:
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=FlagState)
        except FileNotFoundError:
            return FlagState(halted=False)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
            return FlagState(halted=True, by="flag", reason=f"{self.path} cannot be read: {error}")

    def write(self, state: FlagState) -> None:
        """Replace the flag; it is on the disk when this returns. Raises OSError when it is not."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(".new")
        with new.open("wb") as file:
            file.write(msgspec.json.encode(state))
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
