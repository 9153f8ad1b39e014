"""Documents as Arrow tables: orders, quarantine, and what a TERM says of instruments and strategies."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import pyarrow as pa

from schemas.arrow import Placed, name_of, places, words_of
from schemas.control import Quarantined, Term
from schemas.decimal_text import render
from schemas.instrument import Instrument
from schemas.records import Kind, Side
from schemas.topics import REPLICA_A, REPLICAS, Source
from schemas.trading import Cancel, Order, order_hash, read_order_message


def quarantine_table(placed: Sequence[Placed], documents: Sequence[Quarantined]) -> pa.Table:
    """The rows of `quarantine`: one for each document."""
    return pa.table(
        places(placed)
        | {
            "fault": words_of([one.fault for one in documents]),
            "message": pa.array([one.message for one in documents], pa.string()),
            "position": pa.array([one.position for one in documents], pa.uint64()),
            "refused_source": words_of([name_of(Source, one.source) if one.source else "" for one in documents]),
            "refused_epoch": pa.array([one.epoch for one in documents], pa.uint32()),
            "refused_sequence": pa.array([one.sequence for one in documents], pa.uint64()),
            "refused_kind": words_of([name_of(Kind, one.kind) if one.kind else "" for one in documents]),
            "count": pa.array([one.count for one in documents], pa.uint32()),
            "places": pa.array([list(one.places) for one in documents], pa.list_(pa.uint32())),
            "size": pa.array([one.size for one in documents], pa.uint64()),
            "sha256": pa.array([one.sha256 for one in documents], pa.string()),
            "head": pa.array([one.head for one in documents], pa.binary()),
        }
    )


def order_row(topic: str, partition: int, offset: int, data: bytes) -> dict[str, Any]:
    """One row of `orders`; raises msgspec.DecodeError when the message is not an order."""
    order, canonical, stamps = read_order_message(data)
    fields = _cancel_fields(order) if isinstance(order, Cancel) else _order_fields(order)
    return fields | {
        "_topic": topic,
        "_partition": partition,
        "_offset": offset,
        "_row": 0,
        "source": REPLICAS[stamps.replica if stamps else REPLICA_A.name].source.name,
        "epoch": order.term,
        "id": order.id,
        "strategy": order.id.partition("-")[0],
        "term": order.term,
        "sha256": order_hash(canonical),
        "wall_published_ns": stamps.published_ns if stamps else 0,
        "wall_received_ns": stamps.received_ns if stamps else 0,
        "wall_decided_ns": stamps.decided_ns if stamps else 0,
        "feed_ns": stamps.feed_ns if stamps else 0,
        "feed_epoch": stamps.feed_epoch if stamps else 0,
    }


def order_table(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """The rows of `orders`."""
    return pa.Table.from_pylist(list(rows), schema=_ORDERS)


def instrument_table(instruments: Iterable[Instrument]) -> pa.Table:
    """The rows of `instruments_by_number`; the units are exact decimal text."""
    same = ("number", "symbol", "venue", "channel", "multiplier", "quote", "settle", "fee", "tradable")
    return pa.Table.from_pylist(
        [
            {name: getattr(one, name) for name in same}
            | {"price_unit": _unit(one.price_decimals), "size_unit": _unit(one.size_decimals), "style": str(one.style)}
            for one in instruments
        ]
    )


def strategy_table(channel: int, term: Term) -> pa.Table:
    """The rows of `strategies_by_term` of one channel's term."""
    return pa.Table.from_pylist(
        [
            {
                "channel": channel,
                "term": term.number,
                "ordinal": ordinal,
                "name": one.name,
                "target": one.target,
                "options": msgspec.json.encode(one.options).decode(),
            }
            for ordinal, one in enumerate(term.strategies)
        ]
    )


def _order_fields(order: Order) -> dict[str, Any]:
    same = ("n", "instrument", "decision", "decided_ns", "valid_until_ns", "post_only", "reduce_only", "short")
    return {name: getattr(order, name) for name in same} | {
        "sequence": order.n,
        "action": "new",
        "cancels": "",
        "side": name_of(Side, order.side),
        "price_units": order.price,
        "size_units": order.size,
        "type": str(order.type),
        "time_in_force": str(order.time_in_force),
    }


def _cancel_fields(cancel: Cancel) -> dict[str, Any]:
    return {"action": "cancel", "cancels": cancel.order_id, "side": Side.NONE.name}  # the rest is null: the default


def _unit(decimals: int) -> str:
    return render(1, decimals)


_ORDERS = pa.schema(
    [(name, pa.uint32()) for name in ("_partition", "_row", "epoch", "term", "instrument", "feed_epoch")]
    + [(name, pa.uint64()) for name in ("_offset", "sequence", "n", "decision")]
    + [(name, pa.int64()) for name in ("price_units", "size_units", "decided_ns", "valid_until_ns", "feed_ns")]
    + [(f"wall_{name}", pa.int64()) for name in ("published_ns", "received_ns", "decided_ns")]
    + [(name, pa.bool_()) for name in ("post_only", "reduce_only", "short")]
    + [(name, pa.string()) for name in ("_topic", "source", "id", "action", "cancels", "strategy", "side")]
    + [(name, pa.string()) for name in ("type", "time_in_force", "sha256")]
)
