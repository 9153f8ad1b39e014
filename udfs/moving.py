"""Channels' state under the keys of earlier releases, brought under the keys of this one when the operator opens.

Keyed state lies on the subtask of its key. A savepoint of an earlier release is therefore restored once under the
parallelism that it was taken at; every later one can be restored under any.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

from schemas.errors import StateError
from udfs.keys import key_of, retired_keys, subtask_of, subtask_of_key

__all__ = ["KeyedEntries", "bring"]


class KeyedEntries(Protocol):
    """The entries under every key that lies on this subtask."""

    def entries_of(self, key: int) -> list[bytes]: ...

    def move(self, key: int, target: int) -> None:
        """Everything under `key` to `target`."""


def bring(channels: Iterable[int], state: KeyedEntries, subtask: int, parallelism: int) -> Mapping[int, int]:
    """Move what lies here under retired keys; the channels that were moved, each with its old key.

    Raises StateError for a channel whose state belongs on another subtask, and for one with state under two keys: such
    a savepoint was taken after it had been restored under another parallelism than the one before.
    """
    moved: dict[int, int] = {}
    for key, channel in retired_keys(channels).items():
        if subtask_of_key(key, parallelism) != subtask or not state.entries_of(key):
            continue
        if subtask_of(channel, parallelism) != subtask:
            raise StateError(
                f"the savepoint has channel {channel} under a key of an earlier release, on subtask {subtask} of "
                f"{parallelism} instead of {subtask_of(channel, parallelism)}: restore it under the parallelism it was "
                "taken at, stop that job with a savepoint, and restore that one here"
            )
        if channel in moved or state.entries_of(key_of(channel)):
            raise StateError(f"the savepoint has two states of channel {channel}: restore an older one")
        state.move(key, key_of(channel))
        moved[channel] = key
    return moved
