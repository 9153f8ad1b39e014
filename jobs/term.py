"""`penstock term`: begin the next term of a run's logs, with another configuration.

A term comes into force where its record stands in a channel's log, for everybody who reads the log: there is no other
moment. The command may be given again after any interruption: a channel that is in the wanted term is left as it is.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from jobs.adapters.kafka import Producer
from jobs.adapters.resources import open_resources
from jobs.adapters.writer import Writer
from jobs.execution.following import CARRIED, Positions, following, stated, unless_in_force
from jobs.execution.logs import Logs
from jobs.results.told import time_text
from models.registry import Registry, reference
from schemas.config import Config
from schemas.control import Term
from schemas.errors import ConfigError, SetupError, Unsafe
from schemas.feature_sets import chosen
from schemas.topics import TICKS, Source

AHEAD_NS_MAX = 3_600_000_000_000  # how far `at` may lie ahead of a channel's time
STALL_S_MAX = 60.0


def term(
    bootstrap: str,
    config: Config,
    at_ns: int = 0,
    models: Path | None = None,
    model: str = "direction",
    console: Console | None = None,
    positions: Positions = CARRIED,
) -> dict[int, Term]:
    """Begin the next term in every channel of the configuration; the terms that are then in force, by channel.

    With `at_ns` it begins as soon as a channel's time has reached that; else at the logs' present ends. It
    states what is held where `positions` asks for it. ConfigError: the configuration cannot follow the one
    in force, the time has passed, or the ledger says that other positions are held. Unsafe: somebody else begins terms
    too.
    """
    console = console or Console()
    given = reference(Registry(models).find(model, chosen(config.features.names)))
    with _logs(bootstrap, config) as logs:
        with console.status("reading the logs"):
            logs.catch_up()
        terms = {channel: following(config, given, logs, channel) for channel in config.universe.channels}
        with console.status("looking at what is held"):
            terms = stated(terms, logs, bootstrap, positions)
        wanted = {
            channel: unless_in_force(one, logs.terms[channel], channel, positions) for channel, one in terms.items()
        }
        new = {channel: one for channel, one in wanted.items() if logs.terms[channel] != one}
        if not new:
            numbers = ", ".join(str(one.number) for one in wanted.values())
            console.print(f"nothing to begin: term {numbers} in force decides by exactly this configuration")
            return wanted
        _check_time(logs, new, at_ns)
        for channel, one in new.items():
            open_resources(models).build(one, channel)  # what a channel could not begin is refused here, not there
        _begin(bootstrap, logs, new, at_ns, console)
    return wanted


def _check_time(logs: Logs, new: dict[int, Term], at_ns: int) -> None:
    for channel in new if at_ns else ():
        now_ns = logs.now_ns(channel)
        if now_ns >= at_ns:
            raise ConfigError(f"{time_text(at_ns)} has passed: channel {channel} is at {time_text(now_ns)}")
        if at_ns - now_ns > AHEAD_NS_MAX:
            raise ConfigError(f"{time_text(at_ns)} is more than an hour ahead of channel {channel}: come back later")


def _begin(bootstrap: str, logs: Logs, new: dict[int, Term], at_ns: int, console: Console) -> None:
    """Write each channel's TERM once its time has come; what is in the log then, and nothing else, is told."""
    producer, left, moved = Producer(bootstrap), dict(new), time.monotonic()
    with console.status(f"waiting for {time_text(at_ns)}" if at_ns else "beginning"):
        while left:
            for channel in [one for one in left if logs.now_ns(one) >= at_ns]:
                _write(producer, bootstrap, logs, channel, left.pop(channel))
                where = f"offset {logs.offsets[channel]} of {TICKS.name}[{channel}]"
                told = f"channel {channel}: term {new[channel].number} begins at {where}"
                console.print(f"{told}, channel time {time_text(logs.now_ns(channel))}", highlight=False)
            if logs.follow():
                moved = time.monotonic()
            elif time.monotonic() - moved > STALL_S_MAX:
                raise SetupError(
                    f"nothing more comes into the logs of channels {sorted(left)}: their time stands still"
                )


def _write(producer: Producer, bootstrap: str, logs: Logs, channel: int, one: Term) -> None:
    """Announce a life of ours first: from then on no other writer's TERM counts, so what is in force is certain."""
    before = logs.terms[channel]
    writer = Writer(producer, bootstrap, TICKS.name, channel, Source.TERM)
    logs.catch_up()
    if logs.terms[channel] != before:
        raise Unsafe(f"channel {channel}: term {logs.terms[channel].number} has begun meanwhile: look, then ask again")
    writer.control(one)
    producer.flush()
    logs.catch_up()
    if logs.terms[channel] != one:
        raise Unsafe(f"channel {channel}: term {one.number} is not in force: another writer of terms has begun")


@contextmanager
def _logs(bootstrap: str, config: Config) -> Iterator[Logs]:
    logs = Logs(bootstrap, config.universe)
    try:
        yield logs
    finally:
        logs.close()
