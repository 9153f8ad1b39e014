"""The counter of the simulated broker: a TCP server on 127.0.0.1 that reads requests strictly and answers each."""

import socket
import threading
from typing import Protocol

from jobs.adapters.endpoints import LOCALHOST
from jobs.adapters.simulated import (
    HELLO,
    PROTOCOL,
    BadMessage,
    Cancel,
    Hello,
    Query,
    Refused,
    Reply,
    Reports,
    Request,
    Submit,
    Unknown,
    Welcome,
    receive_request,
    send,
    shut,
)
from schemas.errors import BrokerRefused
from schemas.frame import Records
from schemas.trading import Order

__all__ = ["Counter", "Desk"]

CONNECTIONS_MAX = 16
REST_S = 5.0  # for the rest of a message, and for the greeting


class Desk(Protocol):
    """Who answers; called from several threads. None = not known."""

    def submit(self, order: Order) -> Records: ...

    def query(self, order_id: str) -> Records | None: ...

    def cancel(self, order_id: str) -> Records | None: ...


class Counter:
    """Serves one desk, one thread a connection, on a port that was free."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._listener = socket.create_server((LOCALHOST, 0))
        self._places = threading.BoundedSemaphore(CONNECTIONS_MAX)
        self._open: set[socket.socket] = set()
        self.address = f"{LOCALHOST}:{self._listener.getsockname()[1]}"
        self.refused = 0
        threading.Thread(target=self._accept, name="counter", daemon=True).start()

    def close(self) -> None:
        shut(self._listener)
        for connection in list(self._open):
            shut(connection)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            if not self._places.acquire(blocking=False):
                self._refuse(connection, f"more than {CONNECTIONS_MAX} connections")
                shut(connection)
                continue
            self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(REST_S)
            self._converse(connection)
        except BadMessage as error:
            self._refuse(connection, str(error))
        except BrokerRefused as error:
            self._refuse(connection, str(error))
        except OSError:
            pass  # the peer is gone or too slow; what it asked for is in the journal, if it was done
        finally:
            shut(connection)
            self._open.discard(connection)
            self._places.release()

    def _converse(self, connection: socket.socket) -> None:
        greeting = receive_request(connection, REST_S)
        if greeting != HELLO:
            raise BadMessage(f"expected {HELLO}, got {greeting}")
        send(connection, Welcome(PROTOCOL))
        while True:
            connection.settimeout(None)
            request = receive_request(connection, REST_S)
            if request is None:
                return
            send(connection, self._answer(request))

    def _answer(self, request: Request) -> Reply:
        if isinstance(request, Hello):
            raise BadMessage("a second greeting")
        if isinstance(request, Submit):
            return Reports(request.order.id, self._desk.submit(request.order).tobytes())
        ask = self._desk.query if isinstance(request, Query) else self._desk.cancel
        assert isinstance(request, Query | Cancel)
        found = ask(request.id)
        return Unknown(request.id) if found is None else Reports(request.id, found.tobytes())

    def _refuse(self, connection: socket.socket, reason: str) -> None:
        self.refused += 1
        try:
            connection.settimeout(REST_S)
            send(connection, Refused(reason[:1000]))
        except OSError:
            pass
