"""All that the warehouse knows of one order."""

import re
from typing import NamedTuple

import numpy as np

from jobs.results.store import Store, of_epoch, read_terms
from schemas.control import Term
from schemas.errors import DataError
from schemas.frame import Records, decode
from schemas.records import Kind
from schemas.topics import DECISIONS, EXECUTIONS, FEATURES, ORDERS, TICKS, Topic
from schemas.trading import Order, Stamps, read_order_message

_ORDER_ID = re.compile(r"[a-z][a-z0-9_]{0,15}(-\d{1,12}){3}", re.ASCII)
_REPORTED = (EXECUTIONS, TICKS)  # by the lock-step exchange, by the gateway


class Story(NamedTuple):
    """An order, why it was sent, and what became of it; `published_ns` are the wall clocks of its reports."""

    term: Term
    order: Order
    stamps: Stamps | None
    feature: Records
    decision: Records
    reports: Records
    published_ns: tuple[int, ...]


def read_story(store: Store, order_id: str) -> Story:
    """The story of an order; raises DataError when there is no such order."""
    if not _ORDER_ID.fullmatch(order_id):
        raise DataError(f"{order_id!r} is not an order id such as probe-0-1-7")
    found = store.ask(f"SELECT _partition, _offset FROM orders WHERE id = '{order_id}'").to_pylist()
    if not found:
        raise DataError(f"no order {order_id} is archived; SELECT id FROM orders lists them")
    channel = int(found[0]["_partition"])
    order, _, stamps = read_order_message(_message(store, ORDERS, channel, int(found[0]["_offset"])))
    if not isinstance(order, Order):
        raise DataError(f"{order_id} is a cancel; explain the order that it takes back")
    term = next(one for one in read_terms(store) if one.number == order.term)
    decision = _record(store, "decisions", DECISIONS, channel, term, order.decision)
    feature = _record(store, "features", FEATURES, channel, term, int(decision["row"]))
    reports, published_ns = _reports(store, order_id, channel)
    return Story(term, order, stamps, feature, decision, reports, published_ns)


def _record(store: Store, table: str, topic: Topic, channel: int, term: Term, number: int) -> Records:
    where = f"_partition = {channel} AND number = {number} AND {of_epoch(term)}"
    query = f"SELECT _offset, _row FROM {table} WHERE {where}"
    found = store.ask(query).to_pylist()
    if not found:
        raise DataError(f"{table} {number} of channel {channel} is not archived yet: ask again in a few seconds")
    data = _message(store, topic, channel, int(found[0]["_offset"]))
    return decode(data).records[int(found[0]["_row"])]


def _reports(store: Store, order_id: str, channel: int) -> tuple[Records, tuple[int, ...]]:
    query = (
        f"SELECT _topic, _offset, _row FROM executions WHERE order_id = '{order_id}' AND _partition = {channel} "
        "ORDER BY _topic, _offset, _row"
    )
    topics = {topic.name: topic for topic in _REPORTED}
    records, published_ns = [], []
    for row in store.ask(query).to_pylist():
        frame = decode(_message(store, topics[row["_topic"]], channel, int(row["_offset"])))
        assert frame.kind == Kind.REPORTS
        records.append(frame.records[int(row["_row"])])
        published_ns.append(frame.publish_ns)
    return np.array(records), tuple(published_ns)


def _message(store: Store, topic: Topic, channel: int, offset: int) -> bytes:
    return next(store.messages(topic, channel, f"_offset = {offset}")).data
