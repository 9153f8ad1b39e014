"""When is a run settled? When trade has checkpointed the whole log twice over and every order has met its end."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jobs.adapters.kafka import Group
from jobs.sql import sql
from schemas.topics import ORDERS, TICKS, TRADE_GROUP

# Orders without a terminal report, and how much of the two topics that say so has been archived.
OPEN_ORDERS = """
SELECT count() AS open FROM orders WHERE id NOT IN (
    SELECT order_id FROM executions WHERE kind IN ('REJECTED', 'CANCELLED', 'EXPIRED', 'VETOED', 'NEVER_SENT')
        OR (kind = 'FILL' AND leaves_units = 0)
)
"""
ARCHIVED = "SELECT _topic, _partition, max(_offset) + 1 AS end FROM frames WHERE _topic IN ('{}', '{}') GROUP BY ALL"


class Settled:
    """Asked again and again; true once two successive answers found the same log read to its end, and no open order."""

    def __init__(self, bootstrap: str, channels: Sequence[int], folder: Path) -> None:
        self._channels, self._folder = channels, folder
        self._log, self._orders = (Group(bootstrap, TRADE_GROUP, topic.name, channels) for topic in (TICKS, ORDERS))
        self._last: dict[str, dict[int, int]] = {}

    def __call__(self) -> bool:
        ends = {TICKS.name: self._log.ends(), ORDERS.name: self._orders.ends()}
        is_same, self._last = ends == self._last, ends
        if not is_same or not self.is_read():
            return False
        return self._archived() == ends and self._ask(OPEN_ORDERS)[0]["open"] == 0

    def is_read(self) -> bool:
        """Whether trade has checkpointed all that the logs hold now."""
        return self._log.has_read_all()

    def _archived(self) -> dict[str, dict[int, int]]:
        found: dict[str, dict[int, int]] = {topic.name: dict.fromkeys(self._channels, 0) for topic in (TICKS, ORDERS)}
        for row in self._ask(ARCHIVED.format(TICKS.name, ORDERS.name)):
            found[row["_topic"]][row["_partition"]] = row["end"]
        return found

    def _ask(self, query: str) -> list[dict[str, Any]]:
        lines = sql(query, "JSONEachRow", self._folder).splitlines()
        return [{name: _number(value) for name, value in json.loads(line).items()} for line in lines]


def _number(value: Any) -> Any:
    """ClickHouse writes 64-bit numbers as text."""
    return int(value) if isinstance(value, str) and value.isdigit() else value
