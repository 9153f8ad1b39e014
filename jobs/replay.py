"""`penstock replay --verify`: decide the log again and compare with what was archived, record by record."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from rich.console import Console

from jobs.adapters.resources import open_resources
from jobs.adapters.terms import code_version, cpu_class
from jobs.results import compare
from jobs.results.compare import Difference
from jobs.results.facts import Gathered, layouts
from jobs.results.mutation import changed, find_quote
from jobs.results.store import Store, of_epoch, open_archive, read_orders, read_term, read_terms
from schemas.topics import DECISIONS, EXECUTIONS, FEATURES, ORDERS, OUTCOMES, TICKS
from schemas.trading import Order
from udfs.channel import Resources
from udfs.play import play

SHOWN = 5
FRAMES = (DECISIONS, FEATURES, OUTCOMES, EXECUTIONS)
Log = Callable[[int], Iterable[bytes]]


def replay(
    folder: Path,
    *,
    mutate: bool = False,
    bootstrap: str | None = None,
    warehouse: str | None = None,
    models: Path | None = None,
) -> int:
    """Compare all channels; 0 = every record is the same, 1 = not, or there was nothing to compare.

    The log comes from the archive's raw bytes, or from the broker at `bootstrap`. With `mutate` one price of the
    log is changed on the way, so that a comparison that works must find differences.
    """
    console = Console()
    with open_archive(folder, warehouse) as store:
        is_same_cpu = _tell_origin(store, console)
        log = _mutated(store, _log(store, bootstrap), console) if mutate else _log(store, bootstrap)
        counts: Counter[str] = Counter()
        found: list[Difference] = []
        with console.status("replaying") as status:
            for channel in store.channels():
                status.update(f"replaying channel {channel}")
                found += _compared(store, channel, log(channel), open_resources(models), is_same_cpu, counts)
    return _verdict(counts, found, console)


def _tell_origin(store: Store, console: Console) -> bool:
    """Say by what else the run was decided; whether bytes must be equal."""
    term = read_term(store)
    here = code_version()
    if term.code_version != here:
        console.print(f"decided by {term.code_version}, replayed by {here}", highlight=False, soft_wrap=True)
    cpu = cpu_class()
    if term.cpu_class != cpu:
        console.print(
            f"decided on {term.cpu_class}, replayed on {cpu}: scores are compared to 1e-6",
            highlight=False,
            soft_wrap=True,
        )
    return term.cpu_class == cpu


def _log(store: Store, bootstrap: str | None) -> Log:
    if bootstrap is None:
        return lambda channel: (message.data for message in store.messages(TICKS, channel))
    from jobs.adapters.kafka import read_all

    return lambda channel: (message.value for message in read_all(bootstrap, TICKS.name, channel))


def _compared(
    store: Store, channel: int, log: Iterable[bytes], resources: Resources, exact: bool, counts: Counter[str]
) -> Iterator[Difference]:
    again = {term.number: Gathered(layouts(term)) for term in read_terms(store)}
    decided: dict[str, Order] = {}
    for output in play(log, channel, resources):
        decided |= {one.id: one for one in output.orders}
        for topic, frame in output.frames:
            if frame.epoch in again:  # what was refused before the first term is in none
                again[frame.epoch].add_frame(topic, frame)
    for number, made in again.items():
        for topic in FRAMES:
            was = store.of_channel(topic, made.layouts[topic.name], channel, f"epoch = {number}")
            counts[topic.name] += min(len(was), len(made.of(topic)))
            yield from compare.records(topic.name, channel, was, made.of(topic), exact)
    was_orders = {key: one for key, one in read_orders(store).items() if one.channel == channel}
    counts[ORDERS.name] += len(was_orders.keys() & decided.keys())
    yield from compare.orders(ORDERS.name, channel, was_orders, decided)


def _mutated(store: Store, log: Log, console: Console) -> Log:
    """The log with one bid of its first channel a step higher, in force when the middle feature row closed."""
    channel, term = store.channels()[0], read_term(store)
    rows = store.of_channel(FEATURES, layouts(term)[FEATURES.name], channel, of_epoch(term))
    place = find_quote(log(channel), rows)
    instrument = term.universe.instruments[place.instrument]
    step = instrument.tick_size_at(place.receive_ns)
    what = f"one bid of {instrument.venue} {instrument.symbol} in channel {channel}"
    where = f"message {place.message}, record {place.record}"
    console.print(f"mutated: {what}, {where}, is {step} units higher", highlight=False, soft_wrap=True)
    return lambda number: changed(log(number), place, step) if number == channel else log(number)


def _verdict(counts: Counter[str], found: list[Difference], console: Console) -> int:
    for one in found[:SHOWN]:
        where = f"{one.topic} channel {one.channel} number {one.number}: {one.field}"
        console.print(f"{where}: was {one.was}, is {one.now}", highlight=False, markup=False, soft_wrap=True)
    if len(found) > SHOWN:
        console.print(f"… and {len(found) - SHOWN:,} more", highlight=False, soft_wrap=True)
    others = ", ".join(f"{counts[topic.name]:,} {topic.name.removesuffix('.v1')}" for topic in (*FRAMES[1:], ORDERS))
    console.print(f"also compared: {others}", highlight=False, soft_wrap=True)
    console.print(
        f"compared {counts[DECISIONS.name]} decisions, {len(found)} differences", highlight=False, soft_wrap=True
    )
    if not counts[DECISIONS.name]:
        console.print(
            "nothing was compared, so nothing is shown: is the run archived?", highlight=False, soft_wrap=True
        )
    return 0 if counts[DECISIONS.name] and not found else 1
