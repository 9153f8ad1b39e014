"""A world for the gateway's core without Kafka and sockets: what survives a crash, and crashes at every step."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from jobs.adapters.brokerage import BrokerSilentError
from jobs.adapters.ledger import Ledger
from jobs.execution.flag import Flag
from jobs.execution.gate import Gate
from jobs.execution.judge import Judge
from jobs.execution.watch import Watch
from schemas.config import Config, PairConfig, read
from schemas.control import Control, Epoch, Genesis, Term, control_frame
from schemas.feature_sets import DEFAULT
from schemas.frame import Frame, Records, encode, log_tag
from schemas.records import MARK, Kind, Side
from schemas.topics import TICKS, ReplicaName, Source
from schemas.trading import Order, ReportKind, Stamps, canonical_order, order_id, order_message
from udfs.arrays import QUOTE
from udfs.exchange.matching import Terms, match

LOG_ID = "world"
NOW_NS = 1_723_075_200_000_000_000
BID, ASK = 6_000_000, 6_000_001  # BTCUSDT spot, 2 decimals


def config(mode: str = "gateway", **limits: int) -> Config:
    text = files("jobs.settings").joinpath("demo.toml").read_text()
    found = read(text.replace('mode = "lock-step"', f'mode = "{mode}"').encode(), "demo.toml")
    gateway = msgspec.structs.replace(found.gateway, limits=msgspec.structs.replace(found.gateway.limits, **limits))
    return msgspec.structs.replace(found, gateway=gateway)


def make_order(n: int, **changes: Any) -> Order:
    fields: dict[str, Any] = {
        "strategy": "probe",
        "channel": 0,
        "term": 1,
        "n": n,
        "instrument": 0,
        "side": Side.BUY,
        "price": ASK,
        "size": 10_000,
        "decision": n,
        "decided_ns": NOW_NS,
        "valid_until_ns": NOW_NS + 2_000_000_000,
    }
    fields |= changes
    return Order(id=order_id(fields["strategy"], fields["channel"], fields["term"], n), **fields)


def make_term(given: Config, number: int = 1) -> Term:
    return Term(
        number=number,
        log_id=LOG_ID,
        code_version="",
        cpu_class="",
        feature_hash=DEFAULT.hash,
        universe=given.universe,
        limits=given.limits,
        exchange=given.exchange,
        strategies=given.strategies,
        learn=given.learn,
        models=(),
    )


def opening(given: Config, channel: int, *more: Control) -> list[bytes]:
    controls: list[Control] = [Epoch(source=Source.TERM, epoch=1), Genesis(log_id=LOG_ID), make_term(given), *more]
    return [
        encode(control_frame(one, channel=channel, source=Source.TERM, epoch=1, sequence=i, log=log_tag(LOG_ID)))
        for i, one in enumerate(controls)
    ]


def mark_frame(instrument: int = 0, channel: int = 0, bid: int = BID, ask: int = ASK, at_ns: int = NOW_NS) -> bytes:
    marks = np.zeros(1, MARK)
    marks["receive_ns"], marks["bid"], marks["ask"], marks["instrument"] = at_ns, bid, ask, instrument
    return encode(Frame(Kind.MARKS, channel, Source.FEED, 1, 0, marks, log=log_tag(LOG_ID)))


class Killed(BaseException):
    """The process ends here: nothing may catch this."""


class Fuse:
    """Burns once, at the step with a given number; a step is every moment before and after an outside effect."""

    def __init__(self, at: int | None = None) -> None:
        self.at, self.steps = at, 0

    def tick(self) -> None:
        self.steps += 1
        if self.steps == self.at:
            raise Killed


class Fused:
    """Passes calls through, with a step of the fuse before and after each."""

    def __init__(self, target: Any, fuse: Fuse, names: tuple[str, ...]) -> None:
        self._target, self._fuse, self._names = target, fuse, names

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        if name not in self._names:
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            self._fuse.tick()
            answer = found(*args, **kwargs)
            self._fuse.tick()
            return answer

        return call


class Double:
    """A broker in memory that keeps its promises; `moods` say by order id how it misbehaves on the way."""

    def __init__(self, given: Config, moods: dict[str, str], *, deduplicates: bool = True) -> None:
        self._instruments = given.universe.instruments
        self._moods, self._deduplicates = dict(moods), deduplicates
        self.told: dict[str, Records] = {}
        self.executed: list[str] = []  # every time an order was really taken
        self.buried: set[str] = set()
        self.submits: list[str] = []
        self._on_the_way: dict[tuple[str, str], Order] = {}

    def submit(self, order: Order) -> Records:
        self.submits.append(order.id)
        mood = self._moods.pop(order.id, "")
        if mood == "deaf" or order.id in self.buried:
            raise BrokerSilentError("deaf")
        if mood in ("late", "later"):
            self._on_the_way[order.id, mood] = order
            raise BrokerSilentError(mood)
        if order.id not in self.told or not self._deduplicates:
            self.executed.append(order.id)
            self.told[order.id] = self._match(order, mood)
        if mood == "mute":
            raise BrokerSilentError("mute")
        if mood == "slow":
            self._moods[order.id] = "slow"
            return self.told[order.id][:1]
        return self.told[order.id]

    def query(self, order_id: str) -> Records | None:
        if order_id in self.told and self._moods.pop(order_id, "") == "slow":
            return self.told[order_id][:1]
        found = self.told.get(order_id)
        self._arrive(order_id, "late")
        return found

    def cancel(self, order_id: str) -> Records | None:
        if order_id not in self.told:
            self.buried.add(order_id)
        self._arrive(order_id, "later")
        return self.told.get(order_id)

    def close(self) -> None: ...

    def _arrive(self, order_id: str, mood: str) -> None:
        """What was on the way while somebody asked for it, or took it back."""
        order = self._on_the_way.pop((order_id, mood), None)
        if order is not None and order_id not in self.buried:
            self.executed.append(order_id)
            self.told[order_id] = self._match(order, mood)

    def _match(self, order: Order, mood: str) -> Records:
        quote = np.zeros((), QUOTE)
        quote["bid"], quote["ask"], quote["bid_size"], quote["ask_size"] = BID, ASK, 10**9, 10**9
        if mood == "thin":
            quote["ask_size"] = order.size // 2
        late = order.valid_until_ns + 1 if mood == "rejects" else NOW_NS
        return match(order, Terms(self._instruments[order.instrument], 1000), quote, late)


class Pipe:
    """The topics that the gateway writes: in order; what was sent and not flushed may be lost in a crash."""

    def __init__(self, topics: dict[tuple[str, int], list[bytes]], buffered: bool) -> None:
        self._topics, self._buffered = topics, buffered
        self._held: list[tuple[str, int, bytes]] = []

    def send(self, topic: str, partition: int, value: bytes) -> None:
        self._held.append((topic, partition, value))
        if not self._buffered:
            self.flush()

    def flush(self) -> None:
        for topic, partition, value in self._held:
            self._topics.setdefault((topic, partition), []).append(value)
        self._held.clear()


def burn_in_transactions(ledger: Ledger, fuse: Fuse) -> None:
    """A step before every commit (which is then undone) and one after it."""
    database: Any = ledger._database
    begin = database.transaction

    @contextmanager
    def transaction() -> Iterator[None]:
        with begin():
            yield
            fuse.tick()
        fuse.tick()

    database.transaction = transaction


class World:
    """Everything outside the gateway's process."""

    def __init__(
        self,
        folder: Path,
        orders: list[bytes],
        moods: dict[str, str],
        buffered: bool = False,
        pair: PairConfig | None = None,
    ) -> None:
        self.config, self.folder, self.orders, self.buffered = config(), folder, orders, buffered
        self.pair = pair
        self.broker = Double(self.config, moods)
        self.topics = {(TICKS.name, channel): opening(self.config, channel) for channel in (0, 1)}
        self.flag = Flag(folder)
        self.clock: Callable[[], int] = itertools.count(1).__next__

    def run(self, fuse: Fuse) -> None:
        """One life of the gateway: from its start until everything is settled, or until the fuse burns."""
        ledger = Ledger(self.folder / "ledger.db", self.config.universe)
        try:
            gate, watch = self._build(ledger, fuse)
            for channel in (0, 1):
                self.read_log(watch, channel)
                for instrument in (2 * channel, 2 * channel + 1):
                    watch.mark(channel, mark_frame(instrument, channel))
            gate.start()
            for offset in range(ledger.offsets().get(0, 0), len(self.orders)):
                gate.take(0, offset, self.orders[offset])
                gate.publish()
            while gate.settle():
                gate.publish()
            gate.publish()
            for channel in (0, 1):
                self.read_log(watch, channel)
            gate.observe()
        finally:
            ledger.close()

    def _build(self, ledger: Ledger, fuse: Fuse) -> tuple[Gate, Watch]:
        watch = Watch(self.config.universe, ledger.seen())
        judge = Judge(ledger, watch, self.flag, self.config.gateway.limits, self.config.universe)
        burn_in_transactions(ledger, fuse)
        broker: Any = Fused(self.broker, fuse, ("submit", "query", "cancel"))
        pipe: Any = Fused(Pipe(self.topics, self.buffered), fuse, ("send", "flush"))

        def catch_up() -> None:
            self.read_log(watch, 0)

        patience_ns = self.config.gateway.unresolved_ns_max
        return Gate(ledger, broker, pipe, watch, judge, catch_up, patience_ns, self.clock, self.pair), watch

    def read_log(self, watch: Watch, channel: int) -> None:
        log = self.topics[TICKS.name, channel]
        for offset in range(watch.channels[channel].offset, len(log)):
            watch.log(channel, offset, log[offset])


def message(order: Order, replica: ReplicaName | None = None) -> bytes:
    if replica is None:
        return canonical_order(order)
    return order_message(order, Stamps(published_ns=1, received_ns=2, decided_ns=3, replica=replica))


def is_terminal(report: Records) -> bool:
    kinds = {ReportKind.REJECTED, ReportKind.CANCELLED, ReportKind.EXPIRED, ReportKind.VETOED, ReportKind.NEVER_SENT}
    return int(report["kind"]) in kinds or (report["kind"] == ReportKind.FILL and report["leaves"] == 0)
