"""What a running JVM of ours holds, asked through HotSpot's attach socket, as `jcmd` does; no JDK is needed.

The handshake: a file `.attach_pidPID` beside the JVM and a SIGQUIT make it listen on `/tmp/.java_pidPID`; a request is
a version, a command and three arguments, each ended by a zero byte; the answer is a status line and text. Only the
owner of a process can ask it.
"""

import os
import re
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path

from schemas.errors import PenstockError

__all__ = ["AttachError", "ask_jvm", "live_heap_bytes"]

LISTEN_S_MAX = 5.0
ANSWER_S_MAX = 30.0
_USED = re.compile(r"generation +total \d+K, used (\d+)K")


class AttachError(PenstockError):
    """A JVM that does not answer, or answers something else."""


def live_heap_bytes(pid: int) -> int:
    """What a JVM with the serial collector has in its heap after a full collection, which this makes it do."""
    ask_jvm(pid, "GC.run")
    found = _USED.findall(text := ask_jvm(pid, "GC.heap_info"))
    if len(found) != 2:
        raise AttachError(f"JVM {pid} does not tell of a young and a tenured generation: {text[:200]!r}")
    return sum(int(one) << 10 for one in found)


def ask_jvm(pid: int, command: str) -> str:
    """The answer to a diagnostic command; AttachError when there is none in time."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(ANSWER_S_MAX)
        try:
            client.connect(_listening(pid))
            client.sendall(b"".join(one + b"\0" for one in (b"1", b"jcmd", command.encode(), b"", b"")))
            answer = b"".join(iter(lambda: client.recv(65_536), b"")).decode(errors="replace")
        except OSError as error:
            raise AttachError(f"JVM {pid} does not answer {command}: {error}") from error
    status, _, text = answer.partition("\n")
    if status != "0":
        raise AttachError(f"JVM {pid} refuses {command}: {answer[:200]!r}")
    return text


def _listening(pid: int) -> str:
    """The socket of a JVM that listens, now or soon."""
    path, request = Path(f"/tmp/.java_pid{pid}"), Path(f"/proc/{pid}/cwd/.attach_pid{pid}")
    if path.is_socket():
        return str(path)
    request.touch(mode=0o600)
    try:
        os.kill(pid, signal.SIGQUIT)
        deadline = time.monotonic() + LISTEN_S_MAX
        while not path.is_socket() and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        with suppress(OSError):
            request.unlink()
    return str(path)
