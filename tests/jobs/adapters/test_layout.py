"""What a topic must be, and how every difference is said."""

import pytest

from jobs.adapters.kafka.layout import Layout, differences, layout
from schemas.topics import MARKS, TICKS

WANTED = layout(TICKS, partitions=2, replication=3)


def test_a_topic_as_wanted_has_no_difference() -> None:
    more = {**WANTED.settings, "segment.bytes": "1"}  # what we do not ask about is the operator's
    assert differences("ticks.v1", WANTED._replace(settings=more), WANTED) == []


def test_partitions_and_copies_are_compared() -> None:
    said = differences("ticks.v1", Layout(4, 1, WANTED.settings), WANTED)
    assert said == [
        "topic ticks.v1 has 4 partitions, the universe needs 2",
        "topic ticks.v1 has 1 copies, wanted are 3",
    ]


@pytest.mark.parametrize("key", WANTED.settings)
def test_every_setting_is_compared(key: str) -> None:
    changed = {**WANTED.settings, key: "another"}
    assert differences("t", WANTED._replace(settings=changed), WANTED) == [
        f"topic t has {key} = another, wanted is {WANTED.settings[key]}"
    ]
    del changed[key]
    assert "unset" in differences("t", WANTED._replace(settings=changed), WANTED)[0]


def test_nothing_of_the_log_is_ever_deleted_or_lost_with_one_broker() -> None:
    assert WANTED.settings["retention.ms"] == WANTED.settings["retention.bytes"] == "-1"
    assert WANTED.settings["cleanup.policy"] == "delete"
    assert WANTED.settings["min.insync.replicas"] == "2"
    assert layout(MARKS, partitions=1, replication=1).settings["min.insync.replicas"] == "1"
