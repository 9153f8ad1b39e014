"""What is counted while two subtasks work, from times that are known."""

import pytest

from jobs.benchmark.log import Log
from jobs.benchmark.scaling import rates_of_all
from schemas.errors import DataError

LOGS = [Log([b""] * 6, 2, [0, 1, 2, 12, 22, 32, 42])] * 2  # an opening of two ticks, then 10 a message


def test_ticks_are_counted_from_the_last_opening_to_the_first_end() -> None:
    early = {"arrived_ns": [0, 10, 20, 30, 40, 50], "channel": [0] * 6}
    late = {"arrived_ns": [5, 15, 25, 35, 45, 55], "channel": [1] * 6}
    assert rates_of_all([early, late], LOGS) == (25, 50, 50)  # at 25, 30, 35, 40 and 45
    both = {"arrived_ns": [*early["arrived_ns"], *late["arrived_ns"]], "channel": [0] * 6 + [1] * 6}
    assert rates_of_all([both], LOGS) == (25, 55, 60)


def test_subtasks_that_do_not_meet_are_no_measurement() -> None:
    early = {"arrived_ns": [0, 1, 2, 3, 4, 5], "channel": [0] * 6}
    late = {"arrived_ns": [5, 6, 7, 8, 9, 10], "channel": [1] * 6}
    with pytest.raises(DataError, match="too short"):
        rates_of_all([early, late], LOGS)


def test_a_message_that_is_missing_is_no_measurement() -> None:
    with pytest.raises(DataError, match="channel 0: 5 messages came of 6"):
        rates_of_all([{"arrived_ns": [0, 1, 2, 3, 4], "channel": [0] * 5}], LOGS)
