"""Topics as lists of messages, clean and with all the dirt that a log suffers."""

import hashlib
from functools import cache
from itertools import pairwise

import msgspec
import numpy as np

from jobs.adapters.terms import make_term
from schemas import topics as names
from schemas.config import FeedConfig
from schemas.control import ModelRef, Quarantined, Term
from schemas.feature_sets import DEFAULT
from schemas.features import FEATURES
from schemas.frame import Frame, document, encode, log_tag
from schemas.records import CLOCK, DECISION, FEATURE, MARK, OUTCOME, PROGRESS, REPORT, STAMP, TICK, Kind
from schemas.topics import TOPICS, Source, Topic
from schemas.trading import Cancel, Order, Reason, ReportKind, Stamps, Verdict, order_id, order_message
from tests.builders import LOG_ID, START_NS, demo, generated, log, tick_frame
from tests.jobs.warehouse.lists import Topics

CHANNELS = (0, 1)
SECOND_NS = 1_000_000_000
ROWS = 60
SECONDS = 15
ORDERS_PER_CHANNEL = 6
RECORD_TABLES = (
    *("ticks", "features", "decisions", "outcomes", "orders", "executions", "quarantine", "progress"),
    *("stamps", "clocks"),
)


@cache
def term() -> Term:
    model = ModelRef(name="none", sha256="0" * 64, feature_hash=DEFAULT.hash, trained_from_ns=0, trained_to_ns=0)
    made = make_term(demo(), model, LOG_ID)
    return msgspec.structs.replace(made, code_version="test", cpu_class="test")


@cache
def clean() -> Topics:
    """Every topic of two channels, each record once."""
    topics: Topics = {topic.name: {} for topic in TOPICS}
    for channel in CHANNELS:
        ticks = generated(channel, seconds=SECONDS, seed=channel)
        feed = FeedConfig(frame_ticks_max=256)
        topics[names.TICKS.name][channel] = [encode(frame) for frame in log(ticks, term(), channel, feed)]
        marks = np.zeros(10, MARK)
        topics[names.MARKS.name][channel] = [encode(Frame(Kind.MARKS, channel, Source.FEED, 1, 0, marks))]
        for topic, kind, records in _outputs(channel):
            topics[topic.name][channel] = _cut(kind, channel, records)
        topics[names.ORDERS.name][channel] = [
            order_message(one, Stamps(published_ns=1_000, received_ns=3_000, decided_ns=9_000))
            for one in orders(channel)
        ]
        topics[names.ORDERS.name][channel].append(
            order_message(
                Cancel(id=f"probe-{channel}-1-99", order_id=f"probe-{channel}-1-1", channel=channel, term=1), None
            )
        )
        topics[names.STAMPS.name][channel] = [encode(one) for one in _stamps(channel)]
        topics[names.QUARANTINE.name][channel] = [encode(_quarantined(channel, n)) for n in range(3)]
    return topics


@cache
def dirty() -> Topics:
    """The same with repeats, a zombie, foreign bytes and what else a log suffers."""
    topics = {name: {p: list(messages) for p, messages in partitions.items()} for name, partitions in clean().items()}
    log_of_0, first = topics[names.TICKS.name][0], topics[names.TICKS.name][0][6]
    junk = np.zeros(5, TICK)
    log_of_0[8:8] = [
        b"garbage",
        first,  # a repeat
        first[:-1] + bytes([first[-1] ^ 1]),  # a flipped bit
        encode(tick_frame(junk, 0, 1_000_000, epoch=0)),  # a zombie
        encode(tick_frame(junk, 0, 1_000_000, epoch=9)),  # an epoch that nobody announced
        encode(tick_frame(junk, 1, 1_000_000)),  # of another channel
        encode(Frame(Kind.TICKS, 0, Source.FEED, 1, 1_000_000, junk, log=log_tag("another"))),
        encode(Frame(Kind.TICKS, 0, Source.GATEWAY, 1, 1_000_000, junk, log=log_tag(LOG_ID))),
    ]
    rows = _outputs(1)[0][2]
    cuts = ((3, 10), (13, 25))  # a replica cuts otherwise: seven known rows, then seven known and five new ones
    again = [encode(Frame(Kind.FEATURES, 1, Source.TRADE, 1, begin, rows[begin:end])) for begin, end in cuts]
    topics[names.FEATURES.name][1][2:2] = again
    topics[names.ORDERS.name][0] += [topics[names.ORDERS.name][0][0], b'{"no": "order"}']
    other = msgspec.structs.replace(orders(0)[1], size=12345)
    topics[names.ORDERS.name][0].append(order_message(other, None))
    return topics


def orders(channel: int) -> list[Order]:
    instrument = channel * 2
    return [
        Order(
            id=order_id("probe", channel, 1, n),
            strategy="probe",
            channel=channel,
            term=1,
            n=n,
            instrument=instrument,
            side=(n + 1) % 2,
            price=6_000_000,
            size=10 + n,
            decision=n,
            decided_ns=START_NS + n * SECOND_NS,
            valid_until_ns=START_NS + (n + 5) * SECOND_NS,
        )
        for n in range(1, ORDERS_PER_CHANNEL + 1)
    ]


def _outputs(channel: int) -> list[tuple[Topic, Kind, np.ndarray]]:
    numbers = np.arange(1, ROWS + 1)
    features = np.zeros(ROWS, FEATURE)
    features["number"], features["position"] = numbers, numbers * 100
    features["channel_ns"] = START_NS + numbers * SECOND_NS
    features["instrument"], features["warm"] = channel * 2, 1
    features["bid"], features["ask"], features["close"] = 6_000_000, 6_000_002, 6_000_001
    features["bid_size"] = features["ask_size"] = 500
    features["x"] = np.arange(len(FEATURES), dtype=np.float32)
    decisions = np.zeros(ROWS, DECISION)
    for name in ("number", "position", "channel_ns", "instrument", "bid", "ask", "bid_size", "ask_size"):
        decisions[name] = features[name]
    decisions["row"], decisions["strategy"], decisions["marks"] = numbers, 1, np.where(numbers % 5, 0, 1 | 8)
    decisions["verdict"] = np.where(numbers <= ORDERS_PER_CHANNEL, Verdict.SENT, Verdict.NO_ORDER)
    decisions["reason"] = np.where(numbers <= ORDERS_PER_CHANNEL, Reason.NONE, Reason.WAITING)
    decisions["order"] = np.where(numbers <= ORDERS_PER_CHANNEL, numbers, 0)
    decisions["p_bp"] = decisions["model_bp"] = decisions["online_bp"] = 4_000 + numbers * 30
    decisions["confidence_bp"] = 6_000
    outcomes = np.zeros(ROWS, OUTCOME)
    outcomes["number"], outcomes["row"], outcomes["row_ns"] = numbers, numbers, features["channel_ns"]
    outcomes["channel_ns"] = features["channel_ns"] + 10 * SECOND_NS
    outcomes["p_bp"] = outcomes["model_bp"] = outcomes["online_bp"] = decisions["p_bp"]
    outcomes["instrument"], outcomes["label"] = channel * 2, numbers % 3 - 1
    progress = np.zeros(4, PROGRESS)
    progress["position"], progress["term"] = np.arange(4) * 1000, 1
    return [
        (names.FEATURES, Kind.FEATURES, features),
        (names.DECISIONS, Kind.DECISIONS, decisions),
        (names.OUTCOMES, Kind.OUTCOMES, outcomes),
        (names.EXECUTIONS, Kind.REPORTS, _reports(channel)),
        (names.PROGRESS, Kind.PROGRESS, progress),
    ]


def _reports(channel: int) -> np.ndarray:
    """Each order is accepted and filled; the third fill is corrected, the fourth busted."""
    reports = []
    for one in orders(channel):
        fill = f"x-{one.id}".encode()
        kinds = [(ReportKind.ACCEPTED, b""), (ReportKind.FILL, fill)]
        kinds += (
            [(ReportKind.FILL_CORRECT, fill)] if one.n == 3 else [(ReportKind.FILL_BUST, fill)] if one.n == 4 else []
        )
        for kind, execution in kinds:
            price = one.price + (100 if kind == ReportKind.FILL_CORRECT else 0)
            size = one.size if execution else 0
            fee = 1_000_000 if execution else 0
            amounts = (one.decided_ns + 1, price, size, size, 0, fee, b"USDT")
            reports.append((one.id.encode(), execution, *amounts, one.instrument, kind, 0, one.side, 0))
    return np.array(reports, REPORT)


def _stamps(channel: int) -> list[Frame]:
    """The pace of the feed's run, and what the gateway did with each order."""
    clock = np.array([(START_NS, 1_000, 4.0)], CLOCK)
    stamps = np.zeros(ORDERS_PER_CHANNEL, STAMP)
    stamps["order_id"] = [one.id for one in orders(channel)]
    stamps["received_ns"], stamps["final_ns"] = 10_000, 20_000 + np.arange(ORDERS_PER_CHANNEL)
    return [
        Frame(Kind.CLOCK, channel, Source.FEED, 1, 0, clock),
        Frame(Kind.STAMPS, channel, Source.GATEWAY, 1, 0, stamps),
    ]


def _quarantined(channel: int, n: int) -> Frame:
    said = Quarantined(
        fault="CORRUPT",
        message="it's bad",
        position=n,
        source=Source.FEED,
        epoch=1,
        sequence=n,
        kind=Kind.TICKS,
        count=2,
        places=(0, n),
        size=99,
        sha256=hashlib.sha256(b"x").hexdigest(),
        head=b"\x00'\xff",
    )
    return Frame(Kind.QUARANTINE, channel, Source.TRADE, 1, n, document(msgspec.json.encode(said)))


def _cut(kind: int, channel: int, records: np.ndarray) -> list[bytes]:
    edges = [*range(0, len(records), 10), len(records)]
    return [encode(Frame(kind, channel, Source.TRADE, 1, begin, records[begin:end])) for begin, end in pairwise(edges)]
