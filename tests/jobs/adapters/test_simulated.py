"""The simulated broker's protocol: strict to the byte, bounded, and silent failures are unknown fates."""

import socket
import struct
import threading
from collections.abc import Iterator

import msgspec
import numpy as np
import pytest

from jobs.adapters.brokerage import BrokerSilentError
from jobs.adapters.counter import CONNECTIONS_MAX, Counter
from jobs.adapters.simulated import HELLO, MESSAGE_BYTES_MAX, SimulatedBroker
from schemas.errors import BrokerRefused, SetupError
from schemas.frame import Records
from schemas.records import REPORT
from schemas.trading import Order
from tests.jobs.execution.world import make_order

ORDER = make_order(1)
GREETING = msgspec.json.encode(HELLO)


class Echo:
    """A desk that knows one order."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.hold = threading.Event()
        self.hold.set()

    def submit(self, order: Order) -> Records:
        self.hold.wait(5)
        if order.n == 99:
            raise BrokerRefused("not served here")
        self.taken.append(order.id)
        reports = np.zeros(2, REPORT)
        reports["order_id"] = order.id.encode()
        return reports

    def query(self, order_id: str) -> Records | None:
        return np.zeros(0, REPORT) if order_id == ORDER.id else None

    cancel = query


@pytest.fixture
def desk() -> Echo:
    return Echo()


@pytest.fixture
def counter(desk: Echo) -> Iterator[Counter]:
    made = Counter(desk)
    yield made
    made.close()


def connect(counter: Counter) -> socket.socket:
    host, port = counter.address.split(":")
    connection = socket.create_connection((host, int(port)), timeout=5)
    assert host == "127.0.0.1"
    return connection


def message(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data


def read(connection: socket.socket) -> bytes:
    head = connection.recv(4, socket.MSG_WAITALL)
    return connection.recv(struct.unpack("<I", head)[0], socket.MSG_WAITALL) if head else b""


def test_asks_and_answers(counter: Counter, desk: Echo) -> None:
    broker = SimulatedBroker(lambda: counter.address, 2.0)
    assert len(broker.submit(ORDER)) == 2 and desk.taken == [ORDER.id]
    assert bytes(broker.submit(ORDER)["order_id"][0]) == ORDER.id.encode()
    found = broker.query(ORDER.id)
    assert found is not None and len(found) == 0
    assert broker.query("probe-0-1-2") is None and broker.cancel("probe-0-1-2") is None
    with pytest.raises(BrokerSilentError, match="not served here"):
        broker.submit(make_order(99))
    assert broker.query("probe-0-1-2") is None  # connects anew
    broker.close()


order_json = msgspec.json.encode(ORDER).decode()
REFUSED = {
    "no json": b"{",
    "not utf-8": b'{"tag":"query","id":"\xff"}',
    "no tag": b'{"id":"x"}',
    "unknown tag": b'{"tag":"destroy","id":"x"}',
    "a reply's tag": b'{"tag":"unknown","id":"x"}',
    "unknown field": b'{"tag":"query","id":"x","more":1}',
    "missing field": b'{"tag":"query"}',
    "wrong type": b'{"tag":"query","id":1}',
    "order with an unknown field": f'{{"tag":"submit","order":{order_json[:-1]},"x":1}}}}'.encode(),
    "order of an unknown type": f'{{"tag":"submit","order":{order_json.replace("limit", "market")}}}'.encode(),
    "two objects": b'{"tag":"query","id":"x"}{}',
    "a second greeting": GREETING,
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_allowed_is_refused_and_the_connection_closed(counter: Counter, desk: Echo, name: str) -> None:
    connection = connect(counter)
    connection.sendall(message(GREETING))
    assert b"welcome" in read(connection)
    connection.sendall(message(REFUSED[name]))
    assert read(connection).startswith(b'{"tag":"refused","reason":')
    assert read(connection) == b"" and desk.taken == []
    connection.close()


@pytest.mark.parametrize("length", [0, MESSAGE_BYTES_MAX + 1, 2**32 - 1])
def test_lengths_are_bounded(counter: Counter, length: int) -> None:
    connection = connect(counter)
    connection.sendall(message(GREETING))
    read(connection)
    connection.sendall(struct.pack("<I", length))
    assert b"is not between 1 and" in read(connection) and read(connection) == b""
    connection.close()


@pytest.mark.parametrize(
    "greeting",
    [
        b'{"tag":"query","id":"x"}',
        b'{"tag":"hello","protocol":2,"layout":1}',
        GREETING.replace(b'"layout":', b'"layout":1'),
    ],
)
def test_another_version_is_refused(counter: Counter, greeting: bytes) -> None:
    connection = connect(counter)
    connection.sendall(message(greeting))
    assert b"refused" in read(connection) and read(connection) == b""
    connection.close()


def test_a_client_of_another_version_says_so(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    other = msgspec.structs.replace(HELLO, protocol=7)
    monkeypatch.setattr("jobs.adapters.simulated.HELLO", other)
    broker = SimulatedBroker(lambda: counter.address, 2.0)
    with pytest.raises(SetupError, match="another version"):
        broker.query("x")


def test_too_many_connections(counter: Counter) -> None:
    held = [connect(counter) for _ in range(CONNECTIONS_MAX)]
    for connection in held:
        connection.sendall(message(GREETING))
        assert b"welcome" in read(connection)
    last = connect(counter)
    assert b"more than" in read(last)
    for connection in (*held, last):
        connection.close()


def test_no_answer_is_an_unknown_fate(counter: Counter, desk: Echo) -> None:
    broker = SimulatedBroker(lambda: counter.address, 0.2)
    desk.hold.clear()
    with pytest.raises(BrokerSilentError, match="timed out"):
        broker.submit(ORDER)
    desk.hold.set()
    found = broker.query(ORDER.id)  # over a new connection: the late answer is not taken for this one
    assert found is not None and len(found) == 0
    broker.close()


def test_nobody_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(BrokerSilentError, match="refused"):
            SimulatedBroker(lambda: address, 1.0).submit(ORDER)
    with pytest.raises(BrokerSilentError, match="not running"):
        SimulatedBroker(lambda: None, 1.0).query("x")
