"""`trade`: the channel's log in, features, decisions and orders out; on Flink.

Embedded (the default of `penstock run`): a mini-cluster in this process, resumed from the newest retained checkpoint.
On any cluster where our wheel is installed: flink run -d -pym jobs.trade --bootstrap HOST:PORT --channels 0,1

A hot pair is two of these over the same logs, --replica a and --replica b, on clusters of their own. `b` writes orders
and progress only. When `a` is lost for good, start an `a` with an empty folder: it decides the log again from its
beginning, and the archive takes from that what is missing.
"""

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import Any

from jobs.adapters import log
from jobs.adapters.checkpoints import claim, newest_checkpoint
from jobs.adapters.endpoints import LOCALHOST
from jobs.adapters.openings import read_term
from jobs.adapters.resources import check_resources, open_resources
from jobs.adapters.stopping import stop_asked
from jobs.observation.observer import Observer, add_argument, observed, told
from jobs.observation.trade import fill
from schemas.errors import Unsafe
from schemas.topics import REPLICA_A, REPLICAS, TICKS

NAME = "trade"  # of the job in Flink
FLINK = "flink"  # of the page of the embedded job's JVM
READY = "trade is running"
POLL_S = 0.2
ENDED = ("FAILED", "FINISHED", "CANCELED")


def main(arguments: list[str]) -> None:
    given = command_line().parse_args(arguments)
    log.begin(NAME)
    channels = tuple(int(one) for one in given.channels.split(","))
    check(given.bootstrap, channels, given.models)
    from jobs.adapters.drill import DRILLS
    from jobs.adapters.flink import (  # starts a JVM, so only once the arguments are known to be right
        build,
        environment,
        send_no_jars,
        serve_metrics,
    )
    from udfs.flink import ChannelOperator

    settings = {} if given.flink_metrics is None else serve_metrics(given.flink_metrics)
    if given.work:
        work = given.work.resolve()
        claim(work, given.replica)
        settings |= {
            "execution.checkpointing.dir": f"file://{work / 'checkpoints'}",
            "execution.checkpointing.savepoint-dir": f"file://{work / 'savepoints'}",
        }
        newest = newest_checkpoint(work)
        if newest is not None:
            settings["execution.state-recovery.path"] = f"file://{newest}"
    env = environment(settings, given.jar)
    if given.lean:
        send_no_jars(env)
    env.set_parallelism(given.parallelism)
    build(
        env,
        given.bootstrap,
        channels,
        given.partitions or max(channels) + 1,
        partial(open_resources, given.models),
        given.bounded,
        operator_of=DRILLS.get(given.inject, ChannelOperator),
        replica=REPLICAS[given.replica],
    )
    if given.work is None or given.bounded:
        env.execute(NAME)
        return
    name = NAME if given.replica == REPLICA_A.name else f"{NAME}-{given.replica}"
    group = REPLICAS[given.replica].group
    flinks = None if given.flink_metrics is None else f"{LOCALHOST}:{given.flink_metrics}"
    watched = (name, given.metrics, given.folder, given.bootstrap, [TICKS.name], channels, group)
    with observed(*watched) as observer, told(given.folder, name.replace(NAME, FLINK), flinks):
        _run_until_stopped(env.execute_async(NAME), work, observer)


def check(bootstrap: str, channels: tuple[int, ...], models: Path | None) -> None:
    """Refuse in seconds, and in one line, what would otherwise halt every channel: no broker, no log, no model."""
    for channel in channels:
        term = read_term(bootstrap, channel)
        if term is not None:
            check_resources(term, models)


def _run_until_stopped(client: Any, work: Path, observer: Observer) -> None:
    """Watch the job; on SIGTERM or SIGINT stop it with a savepoint, so that nothing is decided twice."""
    from jobs.adapters.flink import stop_with_savepoint

    observer.started()
    log.say(READY)
    with stop_asked() as stop:
        while not stop.wait(POLL_S):
            observer.round(partial(fill, observer.page, work))
            status = str(client.get_job_status().result())
            if any(ended in status for ended in ENDED):
                client.get_job_execution_result().result()
                raise Unsafe(f"the job ended with {status}, though its log has no end")
    observer.stopping()
    path = stop_with_savepoint(client, work / "savepoints")
    log.say(f"stopped with savepoint {path}", savepoint=path)


def command_line() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="trade", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--bootstrap", required=True, help="the broker, HOST:PORT")
    parser.add_argument("--channels", required=True, help="numbers with commas between them")
    parser.add_argument("--partitions", type=int, default=0, help="of every topic; default: the highest channel + 1")
    parser.add_argument("--replica", choices=sorted(REPLICAS), default="a", help="which one of a hot pair; default: a")
    parser.add_argument(
        "--inject", choices=["bids", "leak"], help="for drills: bids go wrong after 100 s, or memory leaks"
    )
    parser.add_argument("--parallelism", type=int, default=1)
    parser.add_argument("--models", type=Path, help="the model registry's folder; default: the installed one")
    parser.add_argument("--work", type=Path, help="embedded: where checkpoints and savepoints lie")
    parser.add_argument("--jar", type=Path, action="append", default=[], help="embedded: the connector; penstock.jar")
    parser.add_argument("--lean", action="store_true", help="the cluster has PyFlink's jar in lib/: send none along")
    parser.add_argument("--bounded", action="store_true", help="stop at what is in the log now")
    parser.add_argument("--folder", type=Path, help="of the run: where the address of its metrics is told")
    add_argument(parser)
    parser.add_argument(
        "--flink-metrics",
        type=int,
        metavar="PORT",
        help="embedded: where Flink's own Prometheus page is served, on every interface; default: nowhere",
    )
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
