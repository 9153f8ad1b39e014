"""One table of what the processes tell of themselves: name, type, labels, what it means, who publishes it.

Names follow Prometheus' conventions: our prefix, the base unit last (seconds, ratio), `_total` for what only grows.
Telemetry: no machine reads any of it. Every page also carries the client library's `process_*` of CPU and memory.
"""

from dataclasses import dataclass
from typing import Literal

__all__ = ["FLINK", "HOPS", "LATENCY_BUCKETS", "METRICS", "PROCESSES", "Metric", "MetricKind"]

MetricKind = Literal["counter", "gauge", "histogram"]
PROCESSES = ("feed", "trade", "gateway", "exchange", "archive")
FLINK = "flink_taskmanager_job_task_operator_channel_"  # what Flink puts before the operator's own names

# Between two stamps of an order: by the feed, twice by trade, four times by the gateway.
HOPS = (
    ("published", "received"),
    ("received", "decided"),
    ("decided", "arrived"),
    ("arrived", "synced"),
    ("synced", "sent"),
    ("sent", "acknowledged"),
    ("published", "sent"),
    ("published", "acknowledged"),
)

# Of latencies, in seconds: five buckets a decade from 10 µs, so that a quantile is off by a quarter at most.
_STEPS = (1.0, 1.6, 2.5, 4.0, 6.3)
LATENCY_BUCKETS = (*(round(step * 10.0**power, 9) for power in range(-5, 1) for step in _STEPS), 10.0, 30.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric. A label is there for every sample; none has more values than a run has channels or reasons."""

    name: str
    kind: MetricKind
    what: str
    by: tuple[str, ...]  # processes that publish it; "flink" = the operator, through Flink's own reporter
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


def _counter(name: str, what: str, by: tuple[str, ...], *labels: str) -> Metric:
    return Metric(name=name, kind="counter", what=what, by=by, labels=labels)


def _gauge(name: str, what: str, by: tuple[str, ...], *labels: str) -> Metric:
    return Metric(name=name, kind="gauge", what=what, by=by, labels=labels)


def _histogram(name: str, what: str, by: tuple[str, ...], *labels: str) -> Metric:
    return Metric(name=name, kind="histogram", what=what, by=by, labels=labels, buckets=LATENCY_BUCKETS)


# Every process
BUILD = _gauge("penstock_build_info", "Always 1; the release that runs", PROCESSES, "version")
READY = _gauge("penstock_ready", "1 = the process does its work, as /readyz says it", PROCESSES)
ROUND_AGE = _gauge("penstock_round_age_seconds", "Since the process last finished a round of its loop", PROCESSES)
LAG = _gauge(
    "penstock_lag_messages",
    "Messages of a topic that the process has not taken yet (trade: not checkpointed yet)",
    ("trade", "gateway", "exchange", "archive"),
    *("topic", "channel"),
)

# feed
_FEED = ("feed",)
FEED_FRAMES = _counter("penstock_feed_frames_total", "Frames written to the channel's log", _FEED, "channel")
FEED_TICKS = _counter("penstock_feed_ticks_total", "Ticks written to the channel's log", _FEED, "channel")
FEED_REFUSED = _counter("penstock_feed_refused_messages_total", "Messages of venues that the parser refused", _FEED)
FEED_DELAY = _histogram("penstock_feed_delay_seconds", "From a frame's intended time to its departure", _FEED)

# trade: the client of an embedded job, and the operator inside Flink
_TRADE, _OPERATOR = ("trade",), ("flink",)
CHECKPOINT_AGE = _gauge(
    "penstock_checkpoint_age_seconds", "Since the job's last complete checkpoint; only where it lies on a disk", _TRADE
)
CHANNEL_RECORDS = _counter(f"{FLINK}records", "Records that the channel has taken: its position", _OPERATOR, "channel")
CHANNEL_FRAMES = _counter(f"{FLINK}frames", "Messages that the operator has taken", _OPERATOR, "channel")
CHANNEL_DROPPED = _counter(f"{FLINK}dropped", "Repeated records that were passed over", _OPERATOR, "channel")
CHANNEL_REFUSED = _counter(f"{FLINK}refused", "Records and messages sent to quarantine", _OPERATOR, "channel")
CHANNEL_GAPS = _counter(f"{FLINK}gaps", "Gaps in a writer's numbers", _OPERATOR, "channel")
CHANNEL_IGNORED = _counter(f"{FLINK}ignored", "Messages after a fault had halted the channel", _OPERATOR, "channel")
CHANNEL_DECISIONS = _counter(f"{FLINK}decisions", "Decisions that the channel has made", _OPERATOR, "channel")
CHANNEL_ROWS = _counter(f"{FLINK}rows", "Feature rows that the channel has made", _OPERATOR, "channel")

# gateway
_GATEWAY = ("gateway",)
HALTED = _gauge("penstock_halted", "1 = no order of the channel may leave", _GATEWAY, "channel")
ORDERS = _counter("penstock_orders_total", "Orders judged, by verdict and reason", _GATEWAY, "verdict", "reason")
IN_FLIGHT = _gauge("penstock_orders_in_flight", "Orders offered to the broker and not final", _GATEWAY)
OUTBOX = _gauge("penstock_outbox_frames", "Frames that are not known to be in their topics yet", _GATEWAY)
ORDER_LATENCY = _histogram("penstock_order_latency_seconds", "Wall time between an order's stamps", _GATEWAY, "hop")
REPLICA_POSITION = _gauge(
    "penstock_replica_position_records", "Position that a replica of trade has told", _GATEWAY, "channel", "replica"
)
REPLICA_TRAILING = _gauge(
    "penstock_replica_trailing", "1 = the replica is later than it may be", _GATEWAY, "channel", "replica"
)
REPLICA_COMPARED = _counter(
    "penstock_replica_comparisons_total", "Positions of which both replicas said the same", _GATEWAY, "channel"
)
REPLICA_DIVERGENCE = _counter(
    "penstock_replica_divergence_total", "Positions of which the replicas said different things", _GATEWAY, "channel"
)
LOSS = _gauge("penstock_loss_ratio", "The account's loss in a currency, as a share of its limit", _GATEWAY, "currency")
POSITION = _gauge(
    "penstock_position_notional_ratio", "What is held, as a share of the limit of a position", _GATEWAY, "instrument"
)
GATEWAY_REFUSED = _counter("penstock_gateway_refused_messages_total", "Messages that are no frames of ours", _GATEWAY)

# exchange
_EXCHANGE = ("exchange",)
EXCHANGE_ORDERS = _counter("penstock_exchange_orders_total", "Orders in the journal", _EXCHANGE)
EXCHANGE_WAITING = _gauge("penstock_exchange_waiting_orders", "Orders on their way to the book", _EXCHANGE)
EXCHANGE_FAULTS = _gauge(
    "penstock_exchange_fault", "Fault that halted the channel here; 0 = none", _EXCHANGE, "channel"
)

# archive: it reads everything, so it tells what the logs and outputs hold
_ARCHIVE = ("archive",)
ARCHIVED = _counter("penstock_archived_messages_total", "Messages written to the warehouse", _ARCHIVE)
TICKS = _counter("penstock_ticks_total", "Ticks in the channels' logs", _ARCHIVE, "channel")
FRAMES = _counter("penstock_frames_total", "Messages of every topic", _ARCHIVE, "topic")
GAPS = _counter("penstock_gaps_total", "Gaps in a writer's numbers in the channels' logs", _ARCHIVE, "channel")
QUARANTINED = _counter(
    "penstock_quarantined_records_total", "Records refused, by reason (schemas.errors.Fault)", _ARCHIVE, "reason"
)
FEATURES = _counter("penstock_feature_rows_total", "Feature rows", _ARCHIVE, "channel")
DECISIONS = _counter("penstock_decisions_total", "Decisions, by verdict and reason", _ARCHIVE, "verdict", "reason")
OUTCOMES = _counter(
    "penstock_outcomes_total", "Labels that matured, by label (up, down, flat) and sample", _ARCHIVE, "label", "sample"
)
CORRECT = _counter(
    "penstock_outcomes_correct_total", "Labels up or down that a member had predicted", _ARCHIVE, "member", "sample"
)
PARITY = _gauge("penstock_parity_differences", "Values that SQL computes differently, in the last check", _ARCHIVE)
PARITY_AGE = _gauge("penstock_parity_age_seconds", "Since the last `penstock parity`", _ARCHIVE)

METRICS: tuple[Metric, ...] = tuple(one for one in globals().values() if isinstance(one, Metric))
