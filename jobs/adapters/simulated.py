"""The protocol of the simulated broker, and its client: length-prefixed JSON over TCP on 127.0.0.1, strictly read.

    message = length u32 little-endian (at most 64 KiB) · one JSON object with a `tag`

The client says Hello first, then asks one thing at a time; every request has one reply. A message that is too long, no
JSON, of an unknown tag or with an unknown field is answered with Refused, and the connection is closed.
"""

import socket
import struct
from collections.abc import Callable
from contextlib import suppress

import msgspec
import numpy as np

from jobs.adapters.brokerage import BrokerSilentError
from schemas.errors import PenstockError, SetupError
from schemas.frame import Records
from schemas.layouts import SCHEMAS
from schemas.records import REPORT, Kind
from schemas.trading import Order

__all__ = ["PROTOCOL", "SimulatedBroker"]

PROTOCOL = 1
MESSAGE_BYTES_MAX = 64 << 10
CONNECT_S = 2.0
_LENGTH = struct.Struct("<I")


class _Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="tag"):
    pass


class Hello(_Message, frozen=True, tag="hello"):
    protocol: int
    layout: int  # hash of the REPORT record


class Submit(_Message, frozen=True, tag="submit"):
    order: Order


class Query(_Message, frozen=True, tag="query"):
    id: str


class Cancel(_Message, frozen=True, tag="cancel"):
    id: str


class Welcome(_Message, frozen=True, tag="welcome"):
    protocol: int


class Reports(_Message, frozen=True, tag="reports"):
    """All of an order so far; `records` are REPORT records."""

    id: str
    records: bytes


class Unknown(_Message, frozen=True, tag="unknown"):
    id: str


class Refused(_Message, frozen=True, tag="refused"):
    reason: str


Request = Hello | Submit | Query | Cancel
Reply = Welcome | Reports | Unknown | Refused
HELLO = Hello(PROTOCOL, SCHEMAS[Kind.REPORTS])
_REQUEST = msgspec.json.Decoder(Request)
_REPLY = msgspec.json.Decoder(Reply)


class BadMessage(PenstockError):
    """Bytes that the protocol does not allow."""


def send(connection: socket.socket, message: Request | Reply) -> None:
    data = msgspec.json.encode(message)
    if len(data) > MESSAGE_BYTES_MAX:
        raise BadMessage(f"a message of {len(data)} bytes is longer than {MESSAGE_BYTES_MAX}")
    connection.sendall(_LENGTH.pack(len(data)) + data)


def receive_request(connection: socket.socket, rest_s: float) -> Request | None:
    """The next request; None when the peer has closed. BadMessage: not allowed. OSError: broken, or too slow."""
    data = _receive(connection, rest_s)
    try:
        return None if data is None else _REQUEST.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadMessage(str(error)) from error


def _receive(connection: socket.socket, rest_s: float | None) -> bytes | None:
    """The bytes of a message; once its first byte is there, the rest must come within `rest_s`."""
    first = connection.recv(1)
    if not first:
        return None
    if rest_s is not None:
        connection.settimeout(rest_s)
    (length,) = _LENGTH.unpack(first + _exactly(connection, _LENGTH.size - 1))
    if not 0 < length <= MESSAGE_BYTES_MAX:
        raise BadMessage(f"a message of {length} bytes is not between 1 and {MESSAGE_BYTES_MAX}")
    return _exactly(connection, length)


def _exactly(connection: socket.socket, count: int) -> bytes:
    parts = []
    while count:
        part = connection.recv(count)
        if not part:
            raise ConnectionError("closed in the middle of a message")
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


class SimulatedBroker:
    """A `Broker` in another process. Connects when needed; after any failure the next call connects anew.

    `find` says where the exchange listens, None when nowhere: it may come back on another port. SetupError: the peer
    speaks another version. BrokerSilentError: no answer within `answer_s`.
    """

    def __init__(self, find: Callable[[], str | None], answer_s: float) -> None:
        self._find, self._answer_s = find, answer_s
        self._connection: socket.socket | None = None

    def submit(self, order: Order) -> Records:
        found = self._ask(Submit(order), order.id)
        if found is None:
            raise BrokerSilentError(f"the exchange answers that it does not know {order.id}, which was offered to it")
        return found

    def query(self, order_id: str) -> Records | None:
        return self._ask(Query(order_id), order_id)

    def cancel(self, order_id: str) -> Records | None:
        return self._ask(Cancel(order_id), order_id)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ask(self, request: Request, order_id: str) -> Records | None:
        try:
            reply = self._exchange(self._connected(), request)
            if isinstance(reply, Unknown) and reply.id == order_id:
                return None
            if isinstance(reply, Reports) and reply.id == order_id and len(reply.records) % REPORT.itemsize == 0:
                return np.frombuffer(reply.records, REPORT)
        except (OSError, BadMessage) as error:
            self.close()
            raise BrokerSilentError(f"order {order_id}: the exchange: {error}") from error
        self.close()
        raise BrokerSilentError(f"order {order_id}: the exchange: {reply}")

    def _connected(self) -> socket.socket:
        if self._connection is not None:
            return self._connection
        address = self._find()
        if address is None:
            raise ConnectionError("not running")
        host, _, port = address.rpartition(":")
        connection = socket.create_connection((host, int(port)), timeout=CONNECT_S)
        connection.settimeout(self._answer_s)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection = connection
        reply = self._exchange(connection, HELLO)
        if reply != Welcome(PROTOCOL):
            self.close()
            raise SetupError(f"the exchange at {address} is of another version: {reply}")
        return connection

    def _exchange(self, connection: socket.socket, request: Request) -> Reply:
        send(connection, request)
        data = _receive(connection, None)
        if data is None:
            raise ConnectionError("closed without an answer")
        try:
            return _REPLY.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadMessage(str(error)) from error


def shut(connection: socket.socket) -> None:
    """Close without minding whether the peer is still there."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
