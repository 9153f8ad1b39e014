"""The gateway's core: ledger, then broker, then outbox, then log. It may be killed between any two of its steps.

    receive ──▶ judge ──▶ veto                                 one terminal report, never offered
  (a hot pair: both replicas', if so configured)
                  │
                  └─▶ send (ledger) ─▶ submit (broker) ─▶ apply (ledger and outbox) ─▶ publish (log)

At most one broker order per id: an order is offered only in the step that wrote `sent`; one that was found in that
state is asked for by id, and never offered again. Exactly one terminal record: states change in the ledger alone.
"""

from collections import Counter, deque
from collections.abc import Callable
from typing import Protocol

import msgspec
from msgspec.structs import replace

from jobs.adapters.brokerage import Broker, BrokerSilentError
from jobs.adapters.ledger import Entry, Ledger
from jobs.execution.judge import Judge
from jobs.execution.watch import Watch
from schemas.config import PairConfig
from schemas.errors import BadFrame, Fault, Unsafe
from schemas.frame import encode
from schemas.topics import ORDERS, REPLICA_A, Source
from schemas.trading import Cancel, Order, Reason, Stamps, canonical_order, order_id, read_order_message
from udfs.execution.orders import FINAL, OPEN, OrderState
from udfs.quarantine import refused_message

__all__ = ["Gate", "Log"]

ARRIVALS_MAX = 1000  # that wait for somebody to look at them


class Log(Protocol):
    """Where frames go: in the order of the calls, none lost, or it raises."""

    def send(self, topic: str, partition: int, value: bytes) -> None: ...

    def flush(self) -> None: ...


class Gate:
    """Takes orders and settles them. Unsafe from any method: halt, and end the process."""

    def __init__(
        self,
        ledger: Ledger,
        broker: Broker,
        log: Log,
        watch: Watch,
        judge: Judge,
        catch_up: Callable[[], None],
        unresolved_ns_max: int,
        wall_ns: Callable[[], int],
        pair: PairConfig | None = None,
    ) -> None:
        """`catch_up` reads the logs to their present ends into the watch. Without `pair` there is one replica only."""
        self._ledger, self._broker, self._log, self._watch, self._judge = ledger, broker, log, watch, judge
        self._catch_up, self._unresolved_ns_max, self._wall_ns = catch_up, unresolved_ns_max, wall_ns
        self.arrivals: deque[tuple[Stamps, int]] = deque(maxlen=ARRIVALS_MAX)  # telemetry: when each order came
        self.verdicts: Counter[Reason] = Counter()  # of this process; NONE = sent
        self._is_paired, self._needs_both = pair is not None, pair is not None and pair.orders == "both"

    def start(self) -> None:
        """Once the logs have been read to their ends: a new epoch, then whatever an earlier run left undone."""
        self.observe()
        self._ledger.outbox.announce(self._watch.log_ids())
        self.publish()
        for entry in self._ledger.in_states(OrderState.RECEIVED):
            if self._may_go(entry.order):
                self._decide(entry.order)
        self.settle()

    def observe(self) -> None:
        """Keep what the watch has seen. Unsafe when the log knows more of us than the ledger does."""
        sequences = {}
        for channel, seen in self._watch.channels.items():
            ours = seen.writers[Source.GATEWAY]
            epoch, sequence = self._ledger.outbox.writer(channel)
            if ours.epoch > epoch or ours.sequence > sequence:
                raise Unsafe(
                    f"channel {channel}: the log holds our records up to {ours.sequence} in epoch {ours.epoch}, "
                    f"the ledger only {sequence} in {epoch}: the ledger was lost, or another gateway writes"
                )
            sequences[channel] = ours.sequence
        self._ledger.observe(self._watch.dump(), sequences)

    def take(self, partition: int, offset: int, value: bytes) -> None:
        """Take one message of orders.v1; what cannot be read goes to quarantine, what is not for us is passed over."""
        at = (partition, offset)
        try:
            order, canonical, stamps = read_order_message(value)
            if canonical_order(order) != canonical:
                raise msgspec.DecodeError("not in canonical form")
        except msgspec.DecodeError as error:
            refusal = BadFrame(Fault.BAD_DOCUMENT, f"{ORDERS.name}[{partition}] offset {offset}: {error}")
            self._ledger.skip(at, refused_message(value, refusal, offset), partition)
            return
        if order.channel != partition:
            raise Unsafe(f"order {order.id} of channel {order.channel} came in partition {partition}")
        if isinstance(order, Cancel):
            self._cancel(order)
            self._ledger.skip(at)
            return
        if order.id != order_id(order.strategy, order.channel, order.term, order.n):
            raise Unsafe(f"order {order.id} does not carry the id of its own strategy, channel, term and number")
        if order.term > self._watch.channels[partition].term:
            self._catch_up()  # its TERM was written before it
        if self._watch.channels[partition].modes.get(order.term) == "lock-step":
            self._ledger.skip(at)  # its exchange is in the channel
            return
        if stamps is not None and stamps.replica != REPLICA_A.name and not self._is_paired:
            raise Unsafe(
                f"order {order.id} came from replica {stamps.replica}, and the configuration has no [gateway.pair]: "
                'say there whether the word of one replica is enough for an order (orders = "first" or "both")'
            )
        arrived_wall_ns = self._wall_ns()
        fresh = self._ledger.receive(order, canonical, stamps, arrived_wall_ns, at)
        if fresh and stamps is not None:
            self.arrivals.append((stamps, arrived_wall_ns))
        if (fresh or self._is_held(order)) and self._may_go(order):
            self._decide(order)

    def settle(self) -> int:
        """Ask for every order whose fate is open; how many are still open."""
        if self._needs_both:
            self._give_up()
        for entry in self._ledger.in_states(*OPEN):
            self._resolve(entry)
        return len(self._ledger.in_states(*OPEN))

    def publish(self) -> None:
        """Send what waits in the outbox, in order, and remember that it is there."""
        while waiting := self._ledger.outbox.waiting(self._watch.log_ids()):
            for one in waiting:
                frame = replace(one.frame, publish_ns=self._wall_ns())
                self._log.send(one.topic, frame.channel, encode(frame))
            self._log.flush()
            self._ledger.outbox.published(waiting[-1].number)

    def _may_go(self, order: Order) -> bool:
        return not self._needs_both or self._ledger.is_confirmed(order.id)

    def _is_held(self, order: Order) -> bool:
        """Whether the order waits for the other replica's word."""
        entry = self._ledger.find(order.id) if self._needs_both else None
        return entry is not None and entry.state is OrderState.RECEIVED

    def _give_up(self) -> None:
        """Close what only one replica has asked for within the order's time."""
        for entry in self._ledger.in_states(OrderState.RECEIVED):
            now_ns = self._watch.channels[entry.order.channel].now_ns
            if now_ns > entry.order.valid_until_ns:
                self._ledger.veto(entry.order, Reason.UNCONFIRMED, now_ns, self._wall_ns())
                self.verdicts[Reason.UNCONFIRMED] += 1

    def _decide(self, order: Order) -> None:
        synced_wall_ns = self._wall_ns()
        reason = self._judge.judge(order)
        now_ns = self._watch.channels[order.channel].now_ns
        if reason is not Reason.NONE:
            self._ledger.veto(order, reason, now_ns, self._wall_ns())
            self.verdicts[reason] += 1
            return
        self._ledger.send(order, now_ns, synced_wall_ns, self._wall_ns())
        if self._judge.halted(order.channel) is not None:  # a halt while the disk was syncing
            self._ledger.never_sent(order, Reason.HALTED, now_ns, self._wall_ns())
            self.verdicts[Reason.HALTED] += 1
            return
        self.verdicts[Reason.NONE] += 1
        try:
            told = self._broker.submit(order)
        except BrokerSilentError:
            return  # `settle` asks for it
        self._ledger.apply(order, told, self._wall_ns())

    def _resolve(self, entry: Entry) -> None:
        order = entry.order
        try:
            told = self._broker.query(order.id)
            if told is None and entry.state is OrderState.SENT:
                told = self._broker.cancel(order.id)  # so that it cannot arrive there later
            if told is None:
                self._lost(entry)
                return
            if self._ledger.apply(order, told, self._wall_ns()) in FINAL:
                return
        except BrokerSilentError:
            pass
        if self._wall_ns() - entry.sent_wall_ns > self._unresolved_ns_max:
            raise Unsafe(f"order {order.id} is still unresolved after {self._unresolved_ns_max / 1e9:g} s")

    def _lost(self, entry: Entry) -> None:
        if entry.state is not OrderState.SENT:
            raise Unsafe(f"order {entry.order.id}: the broker has forgotten an order that it had accepted")
        now_ns = self._watch.channels[entry.order.channel].now_ns
        self._ledger.never_sent(entry.order, Reason.NEVER_SENT, now_ns, self._wall_ns())

    def _cancel(self, cancel: Cancel) -> None:
        """Take an order back that the broker may have; one that is final, or not known, is left as it is."""
        entry = self._ledger.find(cancel.order_id)
        if entry is None or entry.state not in OPEN:
            return
        try:
            told = self._broker.cancel(cancel.order_id)
        except BrokerSilentError:
            return
        if told is None:
            self._lost(entry)
            return
        self._ledger.apply(entry.order, told, self._wall_ns())
