"""Three pages over HTTP: /metrics, /healthz, /readyz. Read-only; on loopback unless an address says otherwise."""

import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from schemas.errors import SetupError

__all__ = ["HttpPage"]

CONNECTIONS_MAX = 8
REQUEST_S_MAX = 5.0
TEXT = ("Content-Type", "text/plain; charset=utf-8")

Application = Callable[[Any, Any], Iterable[bytes]]
Reasons = Callable[[], list[str]]  # why the answer is no; empty = yes


class HttpPage:
    """Serves on threads of its own until it is closed; `address` is the one that it listens at."""

    def __init__(self, host: str, port: int, metrics: Application, unhealthy: Reasons, unready: Reasons) -> None:
        self._pages = {"/metrics": metrics, "/healthz": _verdict(unhealthy), "/readyz": _verdict(unready)}
        try:
            self._server = make_server(host, port, self._answer, _Server, _Handler)
        except (OSError, OverflowError) as error:
            raise SetupError(f"metrics: cannot listen at {host}:{port} ({error}): give another --metrics") from error
        self.address = f"{host}:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, name="http-page", daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, request: dict[str, Any], start: Any) -> Iterable[bytes]:
        page = self._pages.get(request.get("PATH_INFO", ""))
        if page is None or request.get("REQUEST_METHOD") not in ("GET", "HEAD"):
            start("404 Not Found", [TEXT])
            return [b"/metrics, /healthz, /readyz\n"]
        return page(request, start)


def _verdict(reasons: Reasons) -> Application:
    """200 with `ok`, or 503 with a reason a line."""

    def page(request: dict[str, Any], start: Any) -> Iterable[bytes]:
        found = reasons()
        start("503 Service Unavailable" if found else "200 OK", [TEXT])
        return ["".join(f"{line}\n" for line in found or ["ok"]).encode()]

    return page


class _Server(ThreadingMixIn, WSGIServer):
    """A thread a request, a bounded number of them; who comes when all are taken is turned away."""

    daemon_threads = True

    def __init__(self, *arguments: Any) -> None:
        self._places = threading.BoundedSemaphore(CONNECTIONS_MAX)
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Somebody hung up, or was too slow: nothing to tell."""


class _Handler(WSGIRequestHandler):
    timeout = REQUEST_S_MAX

    def log_message(self, format: str, *arguments: Any) -> None:
        """A scrape every few seconds is no news."""
