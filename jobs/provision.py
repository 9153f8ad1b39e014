"""`provision`: the topics of `schemas/topics.py`, the tables and views of `schemas/clickhouse/`; once, or ten times."""

from collections.abc import Sequence
from typing import NamedTuple

from jobs.adapters.clickhouse import TABLES, VIEWS, open_store
from jobs.adapters.kafka import create_topics
from schemas.topics import TOPICS

OPEN_S_MAX = 10.0  # for a question that has the warehouse open just now


class Provisioned(NamedTuple):
    """What was not there and was made."""

    topics: list[str]
    tables: list[str]  # and views

    def __str__(self) -> str:
        """What was made, or that nothing changed.

        >>> print(Provisioned(["ticks.v1"], []))  # doctest: +ELLIPSIS
        made topic ticks.v1
        1 of ... topics and 0 of ... tables and views were missing
        """
        if not self.topics and not self.tables:
            return (
                f"nothing changed: {len(TOPICS)} topics, {len(TABLES)} tables, {len(VIEWS)} views are as they must be"
            )
        made = [f"made topic {name}" for name in self.topics] + [f"made table or view {name}" for name in self.tables]
        total = len(TABLES) + len(VIEWS)
        counts = f"{len(self.topics)} of {len(TOPICS)} topics and {len(self.tables)} of {total} tables and views"
        return "\n".join((*made, f"{counts} were missing"))


def provision(bootstrap: str, dsn: str, channels: Sequence[int], replication: int | None = None) -> Provisioned:
    """Make what is missing; SetupError says all that is there and differs, and then nothing more is made.

    The warehouse is opened first: without it no topic is made.
    """
    with open_store(dsn, patience_s=OPEN_S_MAX) as store:
        topics = create_topics(bootstrap, channels, replication)
        return Provisioned(topics, store.create())
