"""State = base + journal: what makes a channel survive a restart at any message.

The store's first entry is a base, the whole state; the others are the messages taken since, as they came. Each message
is appended before the next one is taken; when the journal outgrows its bound, it begins anew with another base.
Restoring loads the base and steps through the journal with the outputs suppressed: that a step is deterministic is all
that it needs.
"""

from collections.abc import Iterable
from typing import Protocol

from schemas.errors import StateError
from udfs.channel import Channel, Output, State

BASE = b"B"


class Store(Protocol):
    """Where the entries lie: Flink's keyed state, or memory."""

    def append(self, entry: bytes) -> None: ...

    def replace(self, entry: bytes) -> None: ...

    def entries(self) -> Iterable[bytes]: ...


class Memory:
    """A store in memory: for plain runs, whose only restart is the one after a machine raised."""

    def __init__(self) -> None:
        self._entries: list[bytes] = []

    def append(self, entry: bytes) -> None:
        self._entries.append(entry)

    def replace(self, entry: bytes) -> None:
        self._entries = [entry]

    def entries(self) -> Iterable[bytes]:
        return self._entries


class Keeper:
    """Runs a channel over messages and keeps its store complete after each of them."""

    def __init__(self, channel: Channel, store: Store, journal_bytes_max: int) -> None:
        self._channel, self._store, self._bytes_max = channel, store, journal_bytes_max
        self._bytes: int | None = None  # of the messages since the base; None = there is no base yet
        self.state = self._restore()

    def step(self, data: bytes) -> Output:
        """Take one message. When a machine raises, the state before the message stands, and the channel halts."""
        try:
            output = self._channel.step(self.state, data)
        except Exception as error:
            self.state = self._restore()
            output = self._channel.halt(self.state, data, error)
            self._write_base()
            return output
        if self._bytes is None or self._bytes + len(data) > self._bytes_max:
            self._write_base()
        else:
            self._bytes += len(data)
            self._store.append(data)
        return output

    def _write_base(self) -> None:
        self._store.replace(BASE + self._channel.dump(self.state))
        self._bytes = 0

    def _restore(self) -> State:
        entries = iter(self._store.entries())
        base = next(entries, None)
        if base is None:
            self._bytes = None
            return self._channel.initial()
        if base[:1] != BASE:
            raise StateError(f"journal of channel {self._channel.number}: begins with {base[:1]!r} instead of a base")
        state, taken = self._channel.load(base[1:]), 0
        for data in entries:
            self._channel.step(state, data)
            taken += len(data)
        self._bytes = taken
        return state
