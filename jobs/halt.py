"""`halt`, `resume`, `status`: stop every order at once, let them go again, say how things stand.

The flag in the run's folder is what the gateway asks before every order; it works with Kafka down. The control in the
channels' logs stops the decisions, too; it is written if the logs can be reached, and it is said whether they were.
"""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from jobs.adapters import endpoints
from jobs.adapters.clock import wall_ns
from jobs.adapters.kafka import Producer, Reader, partition_count
from jobs.adapters.writer import Writer, find_log
from jobs.execution.flag import Flag, FlagState
from jobs.execution.standing import Standing, standing
from schemas.control import Halt, Resume
from schemas.decimal_text import render
from schemas.errors import PenstockError
from schemas.instrument import MONEY_DECIMALS
from schemas.topics import TICKS, Source


def halt(folder: Path, reason: str, by: str) -> list[str]:
    """Stop every order; what was reached, line by line. OSError: the flag could not be written."""
    return _set(folder, FlagState(halted=True, by=by, reason=reason, wall_ns=wall_ns()), Halt(by=by, reason=reason))


def resume(folder: Path, by: str) -> list[str]:
    """Lift a halt; what was reached, line by line. A channel that a fault has halted stays halted."""
    return _set(folder, FlagState(halted=False, by=by, wall_ns=wall_ns()), Resume(by=by))


def status(folder: Path) -> Standing:
    """How the gateway and its orders stand, from the flag and the ledger alone; works with everything down."""
    return standing(folder)


def _set(folder: Path, flag: FlagState, control: Halt | Resume) -> list[str]:
    Flag(folder).write(flag)
    lines = [f"gateway: {'no order leaves' if flag.halted else 'orders may leave'} from now on ({Flag(folder).path})"]
    bootstrap = endpoints.read(folder).get("bootstrap")
    if bootstrap is None:
        return [
            *lines,
            "channels: NOT reached, no broker is known here; decisions go on, orders are stopped by the flag",
        ]
    try:
        return lines + _tell(bootstrap, control)
    except PenstockError as error:
        return [*lines, f"channels: NOT all reached: {error}"]


def _tell(bootstrap: str, control: Halt | Resume) -> list[str]:
    lines = []
    producer = Producer(bootstrap)
    for channel in range(partition_count(bootstrap, TICKS.name)):
        reader = Reader(bootstrap, TICKS.name, [channel], "beginning")
        try:
            begun = find_log(reader, channel) != 0
        finally:
            reader.close()
        if begun:
            Writer(producer, bootstrap, TICKS.name, channel, Source.OPERATOR).control(control)
            producer.flush()
            lines.append(f"channel {channel}: {type(control).__name__.upper()} is in its log")
    return lines


def show(found: Standing) -> Table:
    """The standing as a table for people."""
    table = Table(title="execution", show_header=False)
    table.add_row("orders", "[bold red]HALTED[/]" if found.halted else "[green]may leave[/]", _why(found))
    table.add_row("gateway", "alive" if found.gateway_alive else "[bold]not running[/]", "")
    counts = ", ".join(f"{count} {name}" for name, count in found.orders.items())
    table.add_row("by state", str(sum(found.orders.values())), counts)
    table.add_row("in flight", str(found.in_flight), "offered to the broker, not final")
    table.add_row("to be published", str(found.waiting), "frames in the outbox")
    table.add_row("last progress", _time(found.last_wall_ns), "")
    for position in found.positions:
        money = f"realised {render(position.realised, MONEY_DECIMALS)}, fees {render(position.fees, MONEY_DECIMALS)}"
        table.add_row(f"instrument {position.instrument}", str(position.size), f"size units held; {money}")
    return table


def _why(found: Standing) -> str:
    return f"{found.reason} ({found.by}, {_time(found.since_wall_ns)})" if found.halted else ""


def _time(stamp_ns: int) -> str:
    return datetime.fromtimestamp(stamp_ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if stamp_ns else "never"


def main(arguments: list[str]) -> None:
    given = _parser().parse_args(arguments)
    if given.what == "status":
        Console().print(show(status(given.folder)))
        return
    lines = halt(given.folder, given.reason, given.by) if given.what == "halt" else resume(given.folder, given.by)
    print(*lines, sep="\n", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="halt", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=("halt", "resume", "status"))
    parser.add_argument("--reason", default="by hand")
    parser.add_argument("--by", default="operator")
    parser.add_argument("--folder", type=Path, default=Path(".penstock"), help="of the run: flag, ledger, addresses")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
