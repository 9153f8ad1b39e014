"""`submit`: the job to a Flink cluster at any REST address, and whether it runs there.

Wanted of the cluster: Flink 2.3, this package in the TaskManagers' Python at the path that --python names, the Kafka
connector and penstock.jar among its jars, and a free slot a TaskManager for each unit of parallelism. All arguments
but those below are the job's own, as `penstock trade --help` lists them.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from jobs import trade
from jobs.adapters import endpoints
from jobs.adapters.client import client_command, run_client
from jobs.adapters.flink_home import prepare
from jobs.adapters.rest import ENDED, FlinkError, Rest
from jobs.adapters.submission import Submission, keep
from schemas.errors import SetupError

SUBMIT_S_MAX = 180.0
POLL_S = 0.2
EMBEDDED = ("work", "jar", "bounded", "flink_metrics")  # arguments of trade that mean nothing on a cluster


def main(arguments: list[str]) -> None:
    given, own = _parser().parse_known_args(arguments)
    wanted = trade.command_line().parse_args(own)
    for name in EMBEDDED:
        if getattr(wanted, name):
            raise SetupError(f"--{name.replace('_', '-')} is for the embedded job only: leave it out")
    rest = Rest(rest_address(given.rest or endpoints.require(given.folder, "flink")))
    submit(
        rest,
        own,
        wanted.replica,
        given.folder,
        python=given.python,
        savepoint=given.savepoint,
        running_s_max=given.wait,
    )


def submit(
    rest: Rest,
    arguments: Sequence[str],
    replica: str,
    folder: Path,
    *,
    python: str = sys.executable,
    savepoint: str | None = None,
    running_s_max: float = 180.0,
) -> str:
    """Submit `trade`, wait until it processes, print where to look, and return its id.

    Raises SetupError when no cluster answers or one of ours runs there already, FlinkError when the job is refused or
    does not run in time: it then stays submitted, for its log says why.
    """
    _check_free(rest)
    client = folder.resolve() / "client"
    prepare(client, {"python.executable": python}, base=None)
    command = client_command(client, "jobs.trade", arguments, savepoint, rest.address)
    job = run_client(client, command, SUBMIT_S_MAX)
    keep(folder, replica, Submission(rest=rest.address, job=job, arguments=tuple(arguments)))
    print(f"job {job} is submitted\nlook: http://{rest.address}/#/job/running/{job}/overview", flush=True)
    wait_processing(rest, job, running_s_max)
    print("it runs", flush=True)
    return job


def wait_processing(rest: Rest, job: str, timeout_s: float) -> None:
    """Until every task of the job runs; FlinkError says what keeps it when it ends or time is up."""
    deadline = time.monotonic() + timeout_s
    while not rest.is_processing(job):
        state = rest.job_state(job)
        if state in ENDED:
            raise FlinkError(f"job {job} is {state}: {cause(rest.job_failure(job)) or 'the cluster does not say why'}")
        if time.monotonic() > deadline:
            slots = sum(rest.taskmanagers().values())
            why = cause(rest.job_failure(job)) or f"the cluster has {slots} free slots"
            raise FlinkError(f"job {job} does not run after {timeout_s:g} s, it is {state}: {why}")
        time.sleep(POLL_S)


def cause(trace: str) -> str:
    """What a Java stack trace began with: Flink and the source wrap what an operator raises.

    >>> cause("java.io.IOException: cannot emit\\n\\tat a.B\\nCaused by: Unsafe: channel 1\\n\\tat c.D")
    'Unsafe: channel 1'
    """
    first, *rest = trace.splitlines() or [""]
    causes = [line.removeprefix("Caused by: ") for line in rest if line.startswith("Caused by: ")]
    return causes[-1] if causes else first


def rest_address(text: str) -> str:
    """`host:port` of what people copy from a browser.

    >>> rest_address("http://127.0.0.1:8081/#/overview")
    '127.0.0.1:8081'
    """
    parts = urlsplit(text if "//" in text else f"//{text}")
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not port or parts.scheme not in ("", "http"):
        raise SetupError(f"{text!r} is not HOST:PORT of a Flink REST interface (over https: through a tunnel)")
    return f"{host}:{port}"


def _check_free(rest: Rest) -> None:
    running = [job for job, name in rest.live_jobs().items() if name == trade.NAME]
    if running:
        raise SetupError(
            f"trade runs already at {rest.address} as {running[0]}: `penstock upgrade` replaces it; two on one cluster "
            "would decide everything twice"
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="submit", description=__doc__, formatter_class=argparse.RawTextHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--rest", help="the JobManager, HOST:PORT; default: the local cluster's of --folder")
    parser.add_argument("--savepoint", help="a savepoint or retained checkpoint to go on from, as its address")
    parser.add_argument("--python", default=sys.executable, help="of the TaskManagers; default: this one's path")
    parser.add_argument("--wait", type=float, default=180.0, help="seconds until it must run; default: 180")
    parser.add_argument("--folder", type=Path, default=Path(".penstock"), help="keeps what was submitted, for upgrade")
    return parser
