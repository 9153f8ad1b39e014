"""Flink's own client, of the wheel, as a child process: it submits a job to a cluster and ends."""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from jobs.adapters.flink_home import environment, java_command
from jobs.adapters.processes import log_tail
from jobs.adapters.rest import FlinkError

__all__ = ["client_command", "run_client", "submitted"]

CLIENT = "org.apache.flink.client.cli.CliFrontend"
# Not at log level info: the client would print its whole environment, with any key in it.
JVM_CLIENT = ("-Xmx256m", "-XX:TieredStopAtLevel=1")


def client_command(
    folder: Path, module: str, arguments: Sequence[str], savepoint: str | None, address: str | None = None
) -> list[str]:
    """The command that submits `python -m module arguments` as a detached job, from a savepoint or checkpoint if given.

    `folder` is a prepared one (`flink_home.prepare`); `address` is that of REST, by default what its settings say.
    """
    target = ["-m", address] if address else []
    resume = ["-s", savepoint] if savepoint else []
    return java_command(folder, JVM_CLIENT, CLIENT, "run", *target, "-d", *resume, "-pym", module, *arguments)


def run_client(folder: Path, command: Sequence[str], timeout_s: float) -> str:
    """Run the client to its end; the job's id. FlinkError with the end of its log when nothing was submitted."""
    log = folder / "client.log"
    with log.open("wb") as output:
        try:
            subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment(folder),
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise FlinkError(f"nothing was submitted within {timeout_s:g} s:\n{log_tail(log)}") from error
    found = submitted(log.read_text(errors="replace"))
    if found is None:
        raise FlinkError(f"the job was not submitted; the end of {log}:\n{_without_java_frames(log)}")
    return found


def submitted(said: str) -> str | None:
    """The id of the job that a client says it has submitted last; None when it does not say so."""
    found = re.findall(r"JobID ([0-9a-f]{32})", said)
    return found[-1] if found else None


def _without_java_frames(log: Path, lines: int = 30) -> str:
    """The end of a client's log; Java's stack would bury what the job's Python said."""
    said = [line for line in log_tail(log, lines=1000).splitlines() if not line.startswith(("\tat ", "\t... "))]
    return "\n".join(said[-lines:])
