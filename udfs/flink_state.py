"""A channel's entries in Flink's keyed list state.

Messages go in as they are, by Java where it has the same bytes in hand. Releases up to 0.2 pickled every entry; a base
is always the first one, and begins with another byte than a pickle.
"""

import pickle
from collections.abc import Iterable
from typing import Any

from pyflink.datastream import RuntimeContext
from pyflink.datastream.state import ListState

__all__ = ["AnyKey", "InHand", "KeyedStore"]

_PICKLED = b"\x80"


class InHand:
    """The message being processed, of which Java may have the bytes, too (`infra/java`: MessageInHand)."""

    def __init__(self, context: RuntimeContext) -> None:
        loader = context._runtime_context.getUserCodeClassLoader()
        self._java = loader.loadClass("penstock.MessageInHand").newInstance()
        self._data = b""

    def take(self, data: bytes) -> None:
        self._data = data

    def add_to(self, state: Any, entry: bytes) -> bool:
        """Whether `entry` is that message and Java has added it to its list `state`."""
        return entry is self._data and self._java.addTo(state)


class KeyedStore:
    """A channel's entries; valid while its key is the current one."""

    def __init__(self, state: ListState, in_hand: InHand | None = None) -> None:
        self._java, self._in_hand = state._state, in_hand  # PyFlink's own list would pickle every entry

    def append(self, entry: bytes) -> None:
        if self._in_hand is None or not self._in_hand.add_to(self._java, entry):
            self._java.add(entry)

    def replace(self, entry: bytes) -> None:
        self._java.update([entry])

    def entries(self) -> Iterable[bytes]:
        """What was kept; entries of an earlier release are written again as they are kept now."""
        entries = [bytes(entry) for entry in self._java.get() or ()]
        if not entries or entries[0][:1] != _PICKLED:
            return entries
        entries = [bytes(pickle.loads(entry)) for entry in entries]
        self._java.update(entries)
        return entries


class AnyKey:
    """The entries under any key of this subtask, while the operator opens: Flink sets the key of each message anew."""

    def __init__(self, context: RuntimeContext, state: ListState) -> None:
        from pemja import findClass  # is there in a JVM's interpreter only

        self._row = findClass("org.apache.flink.types.Row")
        self._backend, self._state = context.get_keyed_state_backend()._keyed_state_backend, state

    def entries_of(self, key: int) -> list[bytes]:
        self._stand_at(key)
        return list(KeyedStore(self._state).entries())

    def move(self, key: int, target: int) -> None:
        entries = self.entries_of(key)
        self._state.clear()
        self._stand_at(target)
        self._state._state.update(entries)

    def _stand_at(self, key: int) -> None:
        row = self._row(1)
        row.setField(0, key)
        self._backend.setCurrentKey(row)
