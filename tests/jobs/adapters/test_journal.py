"""The exchange's journal: what was written is there after a crash, torn ends are cut, damage is not."""

import os
import tracemalloc
from pathlib import Path

import pytest

from jobs.adapters.journal import Buried, Done, Entry, Journal, read_journal
from schemas.errors import SetupError

ENTRIES = [Done("a-0-1-1", b"{}", bytes(160)), Buried("a-0-1-2"), Done("a-0-1-3", b'{"x":1}', b"")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    journal = Journal(tmp_path / "x.journal")
    for entry in ENTRIES:
        journal.append(entry)
    journal.close()
    return tmp_path / "x.journal"


def found(journal: Journal) -> list[Entry | None]:
    return [journal.find(one.id) for one in ENTRIES]


def test_reads_back(path: Path) -> None:
    journal = Journal(path)
    assert found(journal) == ENTRIES and journal.torn_bytes == 0
    assert read_journal(path) == ENTRIES
    journal.close()
    assert read_journal(path.with_name("none")) == []


def test_every_torn_end_is_cut(path: Path) -> None:
    data = path.read_bytes()
    last = len(data) - 8 - len(read_payload(data))
    for size in range(last + 1, len(data)):
        path.write_bytes(data[:size])
        journal = Journal(path)
        assert found(journal)[:2] == ENTRIES[:2] and len(journal) == 2 and journal.torn_bytes == size - last
        journal.append(ENTRIES[2])
        journal.close()
        assert path.read_bytes() == data


def read_payload(data: bytes) -> bytes:
    """The last record's payload, found the slow way."""
    at = 0
    while True:
        length = int.from_bytes(data[at : at + 4], "little")
        if at + 8 + length == len(data):
            return data[at + 8 :]
        at += 8 + length


@pytest.mark.parametrize("tail", [bytes(5), bytes(100), b"\x07\x00\x00\x00garbage!"])
def test_other_torn_ends(path: Path, tail: bytes) -> None:
    data = path.read_bytes()
    path.write_bytes(data + tail)
    journal = Journal(path)
    journal.close()
    assert journal.torn_bytes == len(tail) and path.read_bytes() == data


def test_every_flipped_bit_before_the_last_record_is_damage(path: Path) -> None:
    data = path.read_bytes()
    for place in range(0, 8 * (len(data) - 8 - len(read_payload(data))), 3):
        changed = bytearray(data)
        changed[place // 8] ^= 1 << place % 8
        path.write_bytes(changed)
        with pytest.raises(SetupError, match="damaged at byte"):
            Journal(path)
        assert path.read_bytes() == changed


def test_a_second_owner_is_refused(path: Path) -> None:
    first = Journal(path)
    with pytest.raises(SetupError, match="another running exchange"):
        Journal(path)
    first.close()
    Journal(path).close()


def test_what_is_appended_is_found_and_what_is_not_is_not(path: Path) -> None:
    journal = Journal(path)
    more = Done("a-0-1-4", b'{"y":2}', bytes(80))
    journal.append(more)
    assert journal.find("a-0-1-4") == more and "a-0-1-4" in journal
    assert journal.find("a-0-1-5") is None and "a-0-1-5" not in journal
    assert found(journal) == ENTRIES and len(journal) == 4
    journal.close()


def test_a_record_that_rots_is_damage_when_it_is_asked_for(path: Path) -> None:
    journal = Journal(path)
    with path.open("r+b") as file:
        file.seek(20)
        file.write(b"rot")
    with pytest.raises(SetupError, match="damaged at byte 0, where a-0-1-1"):
        journal.find("a-0-1-1")
    journal.close()


def test_orders_that_are_done_leave_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda number: None)
    journal, orders = Journal(tmp_path / "x.journal"), 20_000
    tracemalloc.start()
    for n in range(orders):
        journal.append(Done(f"probe-0-1-{n}", b"{" + bytes(300) + b"}", bytes(480)))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held / orders < 250 and len(journal) == orders
    assert journal.find("probe-0-1-17") == Done("probe-0-1-17", b"{" + bytes(300) + b"}", bytes(480))
    journal.close()
