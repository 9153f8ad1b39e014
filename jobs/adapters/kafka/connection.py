"""How every client of ours reaches the brokers."""

from typing import Any

from jobs.adapters.kafka.answer import QUIET


def connection(bootstrap: str) -> dict[str, Any]:
    """The settings that a producer, a consumer and an admin client share."""
    return {"bootstrap.servers": bootstrap, **QUIET}
