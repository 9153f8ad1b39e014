"""A channel's entries in Flink's keyed list state.

Messages go in as they are, by Java where it has the same bytes in hand. Releases up to 0.2 pickled every entry; a base
is always the first one, and begins with another byte than a pickle.
"""

import io
import pickle
from typing import Any

from pyflink.datastream import RuntimeContext
from pyflink.datastream.state import ListState

from schemas.errors import StateError

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
        self.put([entry])

    def put(self, entries: list[bytes]) -> None:
        """These, and nothing else."""
        self._java.update(entries)

    def entries(self) -> list[bytes]:
        """What was kept. Entries of an earlier release are first written again as they are kept now."""
        entries = [bytes(entry) for entry in self._java.get() or ()]
        if entries and entries[0][:1] == _PICKLED:
            entries = [_unpickled(entry) for entry in entries]
            self.put(entries)
        return entries


class _BytesAlone(pickle.Unpickler):
    """Loads what needs no class: a state is no place from which code is run."""

    def find_class(self, module_name: str, global_name: str) -> Any:
        raise StateError(f"journal: a pickle of {module_name}.{global_name} instead of bytes")


def _unpickled(entry: bytes) -> bytes:
    found = _BytesAlone(io.BytesIO(entry)).load()
    if not isinstance(found, bytes):
        raise StateError(f"journal: a pickle of {type(found).__name__} instead of bytes")
    return found


class AnyKey:
    """The entries under any key of this subtask, while the operator opens: Flink sets the key of each message anew."""

    def __init__(self, context: RuntimeContext, state: ListState) -> None:
        from pemja import findClass  # is there in a JVM's interpreter only

        self._row = findClass("org.apache.flink.types.Row")
        self._backend, self._state = context.get_keyed_state_backend()._keyed_state_backend, state

    def entries_of(self, key: int) -> list[bytes]:
        self._stand_at(key)
        return KeyedStore(self._state).entries()

    def move(self, key: int, target: int) -> None:
        entries = self.entries_of(key)
        self._state.clear()
        self._stand_at(target)
        KeyedStore(self._state).put(entries)

    def _stand_at(self, key: int) -> None:
        row = self._row(1)
        row.setField(0, key)
        self._backend.setCurrentKey(row)
