"""The strict gate: every request is read by AWS's own model of the service before moto sees it; else it gets a 400."""

import io
import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model

from tests.terraform.aws_double.model import violations
from tests.terraform.aws_double.unknown import unknown

__all__ = ["Gate"]

REPORT_PATH = "/double/report"
SERVICES = {  # name in the signature's scope -> name of botocore's model, where they differ
    "elasticloadbalancing": "elbv2",
    "monitoring": "cloudwatch",
    "elasticfilesystem": "efs",
    "aps": "amp",
    "tagging": "resourcegroupstaggingapi",
}
_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/[^/]+/([^/]+)/aws4_request")


class Gate:
    """WSGI middleware. Requests to `/double/report` answer what was seen as JSON; `/moto-api` passes unchecked.

    A request without a signature, of an operation that the model does not have, or that cannot be read, is as much a
    violation as a member that is missing, unknown or out of range. Requests pass one at a time: an operation of AWS is
    atomic, moto's threads lose changes that meet (two revocations of one group each write the list that they read).
    """

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self._application = application
        self._lock = threading.Lock()
        self._passage = threading.Lock()
        self._checked: Counter[str] = Counter()
        self._violations: list[str] = []

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == REPORT_PATH:
            return self._report(start)
        if path.startswith("/moto-api"):
            return self._application(environ, start)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        service, faults = _judge({**environ, "wsgi.input": io.BytesIO(body)})
        with self._lock:
            self._checked[service] += 1
            self._violations += faults
        if faults:
            start("400 Bad Request", [("Content-Type", "application/json")])
            return [json.dumps({"__type": "ValidationException", "message": "; ".join(faults)}).encode()]
        with self._passage:
            return list(self._application({**environ, "wsgi.input": io.BytesIO(body)}, start))

    def _report(self, start: Callable[..., Any]) -> Iterable[bytes]:
        with self._lock:
            found = {"checked": dict(self._checked), "violations": self._violations}
            data = json.dumps(found).encode()
        start("200 OK", [("Content-Type", "application/json")])
        return [data]


def _judge(environ: dict[str, Any]) -> tuple[str, list[str]]:
    """The service, and what is wrong."""
    scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    if scope is None:
        return "unsigned", [f"{environ['REQUEST_METHOD']} {environ.get('PATH_INFO')}: no signature names a service"]
    service = SERVICES.get(scope.group(1), scope.group(1))
    try:
        name, faults = _read(service, Request(environ))
    except Exception as error:  # whatever cannot be read is reported, never passed on
        where = f"{service}: {environ['REQUEST_METHOD']} {environ.get('PATH_INFO')}"
        return service, [f"{where}: cannot be read: {type(error).__name__} {error}"]
    return service, [f"{service}.{name}{fault}" for fault in faults]


def _read(service: str, request: Request) -> tuple[str, list[str]]:
    """The operation, and what is wrong with its input."""
    model = get_service_model(service)
    operation, in_path = get_service_router(service).match(request)
    protocol = determine_request_protocol(model, request.content_type)
    body = request.data
    given = PROTOCOL_PARSERS[protocol](operation).parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": body,
            "url_path": request.path,
            "url_params": in_path,
        }
    )
    plain = json.loads(json.dumps(given, default=str))
    faults = [*violations(plain, operation.input_shape), *unknown(protocol, operation, body, request.form)]
    return operation.name, faults
