"""The file of addresses: atomic, and exact under several writers."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.adapters.endpoints import free_port, is_open, publish, read, require, withdraw
from schemas.errors import SetupError

WRITER = """
import sys
from pathlib import Path
from jobs.adapters.endpoints import publish
for number in range(20):
    publish(Path(sys.argv[1]), **{f"{sys.argv[2]}{number}": "127.0.0.1:1"})
"""


def test_publish_and_withdraw(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    assert read(folder) == {}
    publish(folder, bootstrap="127.0.0.1:1", flink="127.0.0.1:2")
    publish(folder, flink="127.0.0.1:3")
    assert require(folder, "flink") == "127.0.0.1:3"
    withdraw(folder, "flink", "unknown")
    assert read(folder) == {"bootstrap": "127.0.0.1:1"}
    with pytest.raises(SetupError, match="flink is not running"):
        require(folder, "flink")


def test_writers_do_not_lose_each_others_addresses(tmp_path: Path) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, tmp_path, name]) for name in "abc"]
    while any(writer.poll() is None for writer in writers):
        read(tmp_path)  # never sees a part of the file
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    assert len(read(tmp_path)) == 60


@pytest.mark.parametrize("text", ["{", "[1]", '{"flink": 1}'])
def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "endpoints.json").write_text(text)
    with pytest.raises(SetupError, match=r"endpoints.json .*remove it"):
        read(tmp_path)


def test_free_port() -> None:
    port = free_port()
    assert not is_open(f"127.0.0.1:{port}")
    with socket.create_server(("127.0.0.1", port)):
        assert is_open(f"127.0.0.1:{port}")
