"""`gateway`: orders.v1 → ledger → second risk check → broker → reports into the channels' logs.

One gateway a folder. On SIGTERM or SIGINT it takes what is in orders.v1, settles what is in flight and ends. When we
are wrong (Unsafe) it halts: the flag in the folder, a note in the ledger, and an end with a message; after a restart
every order is vetoed until `penstock resume`.
"""

import argparse
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from jobs.adapters import endpoints, log
from jobs.adapters.clock import wall_ns
from jobs.adapters.ledger import Ledger
from jobs.adapters.simulated import SimulatedBroker
from jobs.adapters.stopping import stop_asked
from jobs.execution.flag import Flag, FlagState
from jobs.execution.gate import Gate
from jobs.execution.intake import READ, Intake, Outlet
from jobs.execution.judge import Judge
from jobs.execution.pair import Pair
from jobs.execution.watch import Watch
from jobs.observation.gateway import GatewayPage
from jobs.observation.observer import Observer, add_argument, observed
from schemas.config import Config, load
from schemas.errors import Unsafe

READY = "gateway is running"
LEDGER = "ledger.db"
IDLE_S = 0.01


def main(arguments: list[str]) -> None:
    given = _parser().parse_args(arguments)
    log.begin("gateway")
    config = load(given.config)
    lag_ns_max = config.gateway.pair.lag_ns_max if config.gateway.pair else None
    watched = (given.metrics, given.folder, given.bootstrap, READ, config.universe.channels)
    with (
        stop_asked() as stop,
        closing(Ledger(given.folder / LEDGER, config.universe)) as ledger,
        observed("gateway", *watched) as observer,
    ):
        pair = Pair(config.universe.channels, ledger.progress(), lag_ns_max)
        try:
            _run(given.bootstrap, config, given.folder, ledger, pair, observer, stop)
        except Unsafe as error:
            log.error(f"HALTED: {error}")
            ledger.halt(str(error), wall_ns())
            Flag(given.folder).write(FlagState(halted=True, by="gateway", reason=str(error), wall_ns=wall_ns()))
            ledger.keep_progress(pair.dump())  # only now: a difference counts as read once it has halted
            raise


def _run(
    bootstrap: str,
    config: Config,
    folder: Path,
    ledger: Ledger,
    pair: Pair,
    observer: Observer,
    stop: threading.Event,
) -> None:
    watch = Watch(config.universe, ledger.seen())
    intake = Intake(bootstrap, config.universe.channels, watch, pair, ledger.offsets())
    broker = SimulatedBroker(lambda: endpoints.read(folder).get("exchange"), config.gateway.answer_ns_max / 1e9)
    judge = Judge(ledger, watch, Flag(folder), config.gateway.limits, config.universe)
    outlet, patience_ns = Outlet(bootstrap), config.gateway.unresolved_ns_max
    gate = Gate(ledger, broker, outlet, watch, judge, intake.catch_up, patience_ns, wall_ns, config.gateway.pair)

    told = GatewayPage(observer.page, gate, judge, watch, pair, folder / LEDGER)

    def observe() -> None:
        gate.observe()
        for line in pair.alerts({channel: seen.now_ns for channel, seen in watch.channels.items()}):
            log.warn(f"ALERT: {line}")
        if pair.changed:
            ledger.keep_progress(pair.dump())

    try:
        intake.begin()
        gate.start()
        gate.publish()
        halted = judge.halted(config.universe.channels[0])
        observer.started()
        log.say(READY + (f", HALTED ({halted}): every order is vetoed" if halted else ""))
        while not stop.is_set():
            _cycle(intake, gate, observe)
            observer.round(told.fill, intake.reached)
        observer.stopping()
        while not intake.is_drained():
            _cycle(intake, gate, observe)
        while gate.settle():
            time.sleep(IDLE_S)
        gate.publish()
        intake.catch_up()
        observe()
        log.say("gateway settled what was in flight")
    finally:
        broker.close()
        intake.close()


def _cycle(intake: Intake, gate: Gate, observe: Callable[[], None]) -> None:
    """One round. While the fate of an order is open no other one is taken: in doubt, no order."""
    message = None
    if gate.settle():
        time.sleep(IDLE_S)
    else:
        message = intake.order()
    if intake.follow():
        observe()
    if message is not None:
        gate.take(message.partition, message.offset, message.value)
    gate.publish()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gateway", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--bootstrap", required=True, help="the broker, HOST:PORT")
    parser.add_argument("--config", type=Path, required=True, help="a TOML file that sets every limit")
    parser.add_argument("--folder", type=Path, default=Path(".penstock"), help="of the run: ledger, flag, addresses")
    add_argument(parser)
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
