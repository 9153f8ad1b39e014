"""Where the running parts of a pipeline listen: free ports, and the file that names the addresses.

`endpoints.json` lies in the run's folder (`.penstock/`). Keys in use: `bootstrap` (Kafka), `flink` (REST), `exchange`,
`gateway`, `archive` (path of a Unix socket). Every address is on 127.0.0.1 or a path.
"""

import fcntl
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jobs.adapters.files import replace_file
from schemas.errors import SetupError

__all__ = ["LOCALHOST", "free_port", "is_open", "publish", "read", "require", "withdraw"]

LOCALHOST = "127.0.0.1"


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now; somebody may take it before you do."""
    with socket.socket() as probe:
        probe.bind((LOCALHOST, 0))
        return int(probe.getsockname()[1])


def is_open(address: str, timeout_s: float = 0.5) -> bool:
    """Whether something accepts TCP connections at `host:port`."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=timeout_s):
            return True
    except OSError:
        return False


def read(folder: Path) -> dict[str, str]:
    """All published addresses by name; empty when nothing was published.

    Raises SetupError when the file is not ours.
    """
    path = folder / "endpoints.json"
    try:
        found = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise SetupError(f"{path} is not JSON ({error}): remove it and start again") from error
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise SetupError(f"{path} must map names to addresses: remove it and start again")
    return found


def require(folder: Path, name: str) -> str:
    """The address of one part; SetupError when it was not started."""
    address = read(folder).get(name)
    if address is None:
        raise SetupError(f"{name} is not running ({folder / 'endpoints.json'} does not name it): start `penstock run`")
    return address


def publish(folder: Path, **addresses: str) -> None:
    """Add addresses to the file, or replace them; readers see the old file or the new one, never a part."""
    with _locked(folder):
        _write(folder, read(folder) | addresses)


def withdraw(folder: Path, *names: str) -> None:
    """Take addresses out of the file; unknown names are no error."""
    with _locked(folder):
        _write(folder, {name: address for name, address in read(folder).items() if name not in names})


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "endpoints.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write(folder: Path, addresses: dict[str, str]) -> None:
    replace_file(folder / "endpoints.json", json.dumps(addresses, indent=2, sort_keys=True).encode())
