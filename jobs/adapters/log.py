"""What processes say: a line of text each, or of JSON where PENSTOCK_LOG=json; known secrets never stand in it.

JSON lines carry `time` (UTC), `level`, `process`, `message`, the fields that the caller gave, and the `traceback` of
an error that nobody expected. What the libraries warn of goes the same way.
"""

import json
import logging
import os
import re
import sys
import threading
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

__all__ = ["FORMAT", "begin", "error", "is_json", "redacted", "say", "warn"]

FORMAT = "PENSTOCK_LOG"  # in the environment, so that every process of a run has the same: text (default) or json
HIDDEN = "***"
SECRET_LENGTH_MIN = 4  # a shorter value would be found in everything
_SECRET_NAME = re.compile(r"(KEY|SECRET|PASSWORD|PASSWD|TOKEN|CREDENTIALS?|DSN)$", re.IGNORECASE)
_USER_INFO = re.compile(r"(://[^/\s:@]*:)[^/\s]+@")
_ASSIGNED = re.compile(
    r"(?i)((?:password|passwd|secret|token|api[_-]?key|access[_-]?key|secret[_-]?key)[\"']?\s*[=:]\s*[\"']?)[^\s\"',;}]+"
)
_LOGGER = logging.getLogger("penstock")


def begin(process: str) -> None:
    """Say everything through here from now on: our lines, the libraries' warnings, errors that nobody expected."""
    form = _Json(process) if is_json() else _Text()
    plain, urgent = logging.StreamHandler(sys.stdout), logging.StreamHandler(sys.stderr)
    plain.addFilter(lambda record: record.levelno < logging.WARNING)
    urgent.setLevel(logging.WARNING)
    for handler in (plain, urgent):
        handler.setFormatter(form)
    _LOGGER.handlers, _LOGGER.propagate = [plain, urgent], False
    _LOGGER.setLevel(logging.INFO)
    logging.getLogger().handlers = [urgent]
    logging.captureWarnings(True)
    sys.excepthook = _unexpected
    threading.excepthook = lambda seen: _unexpected(seen.exc_type, seen.exc_value, seen.exc_traceback)


def say(message: str, **fields: object) -> None:
    """A line for whoever follows; fields stand in JSON only, the message says it all."""
    _LOGGER.info(message, extra={"fields": fields})


def warn(message: str, **fields: object) -> None:
    """A line that somebody should see soon."""
    _LOGGER.warning(message, extra={"fields": fields})


def error(message: str, **fields: object) -> None:
    """A line that somebody should see now."""
    _LOGGER.error(message, extra={"fields": fields})


def is_json() -> bool:
    return os.environ.get(FORMAT) == "json"


def redacted(text: str) -> str:
    """The text without the secrets of our environment, passwords in addresses and whatever is named a secret.

    >>> redacted("clickhouse://reader:hunter2@host:8123/ refused; api_key='abc', size=3")
    "clickhouse://reader:***@host:8123/ refused; api_key='***', size=3"
    """
    for secret in _secrets():
        text = text.replace(secret, HIDDEN)
    return _ASSIGNED.sub(rf"\1{HIDDEN}", _USER_INFO.sub(rf"\1{HIDDEN}@", text))


def _secrets() -> list[str]:
    """The longest first: one may be a part of another."""
    values = {value for name, value in os.environ.items() if _SECRET_NAME.search(name)}
    values |= {password for value in list(values) for password in _passwords(value)}
    return sorted((value for value in values if len(value) >= SECRET_LENGTH_MIN), key=len, reverse=True)


def _passwords(address: str) -> set[str]:
    try:
        password = urlsplit(address).password
    except ValueError:
        return set()
    return {password, unquote(password)} if password else set()


class _Text(logging.Formatter):
    """The message alone, and under it the traceback of an error that nobody expected."""

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


class _Json(logging.Formatter):
    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds"),
            "level": record.levelname.lower(),
            "process": self._process,
            "message": redacted(record.getMessage()),
        }
        if record.name != _LOGGER.name:
            told["library"] = record.name
        told |= {name: _safe(name, value) for name, value in getattr(record, "fields", {}).items()}
        if record.exc_info:
            told["traceback"] = redacted("".join(traceback.format_exception(*record.exc_info)))
        return json.dumps(told, ensure_ascii=False)


def _safe(name: str, value: object) -> object:
    if _SECRET_NAME.search(name):
        return HIDDEN
    return value if isinstance(value, int | float | bool | None) else redacted(str(value))


def _unexpected(kind: type[BaseException], seen: BaseException | None, where: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    _LOGGER.error(f"ended by {kind.__name__}", exc_info=(kind, seen or kind(), where))
