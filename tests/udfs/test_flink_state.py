"""What stands in Flink's list state: messages as they are, and what releases before pickled."""

import pickle
from fractions import Fraction
from types import SimpleNamespace

import pytest

from schemas.errors import StateError
from udfs.flink_state import InHand, KeyedStore

BASE, MESSAGE, CHANGED = b"Bwhole state", b"PN a message", b"PN another"


class Listed:
    """Java's list of one key."""

    def __init__(self, *entries: bytes) -> None:
        self.entries = list(entries)

    def add(self, entry: bytes) -> None:
        self.entries.append(entry)

    def update(self, entries: list[bytes]) -> None:
        self.entries = list(entries)

    def get(self) -> list[bytes] | None:
        return self.entries or None


class Source:
    """Java's side of the message in hand, and the class loader that knows it; a copy is told by what it says."""

    def __init__(self, has_message: bool) -> None:
        self.has_message = has_message

    def addTo(self, state: Listed) -> bool:
        if self.has_message:
            state.add(b"by Java")
        return self.has_message

    def newInstance(self) -> "Source":
        return self

    def loadClass(self, name: str) -> "Source":
        assert name == "penstock.MessageInHand"
        return self

    def getUserCodeClassLoader(self) -> "Source":
        return self


def store(java: Listed, source: Source) -> tuple[KeyedStore, InHand]:
    in_hand = InHand(SimpleNamespace(_runtime_context=source))
    return KeyedStore(SimpleNamespace(_state=java), in_hand), in_hand


@pytest.mark.parametrize(("has_message", "added"), [(True, b"by Java"), (False, MESSAGE)])
def test_a_message_in_hand_is_not_copied_back(has_message: bool, added: bytes) -> None:
    java = Listed()
    kept, in_hand = store(java, Source(has_message))
    in_hand.take(MESSAGE)
    kept.replace(BASE)
    kept.append(MESSAGE)
    assert java.entries == [BASE, added]


def test_what_was_changed_on_its_way_is_kept_as_it_was_read() -> None:
    java = Listed(BASE)
    kept, in_hand = store(java, Source(has_message=True))
    in_hand.take(MESSAGE)
    kept.append(CHANGED)
    assert java.entries == [BASE, CHANGED]


def test_entries_of_an_earlier_release_are_unpickled_once() -> None:
    java = Listed(*(pickle.dumps(entry) for entry in (BASE, MESSAGE, b"\x80 garbage")))
    kept, _ = store(java, Source(has_message=False))
    assert kept.entries() == [BASE, MESSAGE, b"\x80 garbage"] == java.entries
    kept.append(b"\x80 more")
    assert kept.entries() == [BASE, MESSAGE, b"\x80 garbage", b"\x80 more"]


@pytest.mark.parametrize("entry", [Fraction(1, 2), 5])
def test_a_pickle_of_anything_else_is_refused(entry: object) -> None:
    kept, _ = store(Listed(pickle.dumps(entry)), Source(has_message=False))
    with pytest.raises(StateError, match="instead of bytes"):
        kept.entries()


def test_no_entries() -> None:
    assert store(Listed(), Source(has_message=False))[0].entries() == []
