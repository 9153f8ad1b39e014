"""Great Expectations over the archive: the site exists, no network is touched, and an injected bad row is noticed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import socket, sys
from pathlib import Path
connect = socket.socket.connect
def local_only(self, address):
    if self.family != socket.AF_UNIX:
        Path(sys.argv[1], "network").write_text(repr(address))
        raise OSError("no network")
    return connect(self, address)
socket.socket.connect = local_only
from jobs.quality import main
status = main(["--folder", sys.argv[1]])
Path(sys.argv[1], "quality", "report.json").rename(sys.argv[2])
from jobs.adapters.clickhouse import open_store
with open_store(f"chdb://{sys.argv[1]}/warehouse") as store:
    store.command(sys.argv[3])
sys.exit(10 * status + main(["--folder", sys.argv[1]]))
"""
BAD_ROW = (
    "INSERT INTO penstock.orders (_topic, _partition, _offset, id, action, strategy, side, instrument) "
    "VALUES ('orders.v1', 0, 0, 'Not An Id', 'new', 'probe', 'BUY', 77)"
)


Found = dict[tuple[str, str], dict[str, object]]


@pytest.fixture(scope="module")
def both(run_folder: Path) -> tuple[Found, Found]:
    """What quality found, before and after a bad row was put in; in a process of its own, because it imports much."""
    first = run_folder / "first.json"
    command = [sys.executable, "-P", "-c", CODE, str(run_folder), str(first), BAD_ROW]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 33, done.stderr
    return _read(first), _read(run_folder / "quality" / "report.json")


def _read(path: Path) -> Found:
    found = json.loads(path.read_bytes())
    names = ("suite", "column", "type", "passed", "known", "observed", "notes")
    results = [dict(zip(names, one, strict=True)) for one in found["results"]]
    assert found["passed"] == sum(bool(one["passed"]) for one in results)
    return {(str(one["suite"]), str(one["column"])): one for one in results}


def test_the_site_exists_and_no_network_was_touched(run_folder: Path, both: tuple[Found, Found]) -> None:
    page = (run_folder / "quality" / "index.html").read_text()
    assert all(table in page for table in ("ticks", "features", "decisions", "orders", "executions", "quarantine"))
    assert not (run_folder / "network").exists()


def test_known_dirt_is_told_from_faults(both: tuple[Found, Found]) -> None:
    before, _ = both
    backwards = before["ticks, all rows", "venue_time_backwards_percent"]
    assert (backwards["passed"], backwards["known"]) == (False, True)
    assert float(str(backwards["observed"])) > 1
    refused = before["quarantine, all rows", "documents"]
    assert (refused["passed"], refused["known"], refused["observed"]) == (False, False, "6")
    assert before["ticks, all rows", "records_missing_between_frames"]["passed"]


def test_a_bad_row_makes_its_expectations_fail(both: tuple[Found, Found]) -> None:
    before, after = both
    failed = {place for place, one in after.items() if not one["passed"] and before[place]["passed"]}
    assert failed == {
        ("orders, all rows", "without_price_or_size"),
        ("orders, all rows", "never_valid"),
        ("orders, all rows", "without_a_decision"),
        ("orders, all rows", "not_at_their_end"),
        ("orders, a sample", "id"),
        ("orders, a sample", "symbol"),
    }
