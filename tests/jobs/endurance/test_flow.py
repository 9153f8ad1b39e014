"""A run that falls behind, falls silent or leaves orders waiting is at fault; one that only breathes is not."""

from jobs.endurance.flow import Moment, behind_s, fault
from jobs.endurance.steady import Sent


def moment(at_s: float, **changed: object) -> Moment:
    """A run that keeps up: a thousand messages a second, read two seconds later."""
    count = int(at_s * 1000)
    found = Moment(at_s, 5000 + count, 3000 + count, 100 + count, count // 100, count // 100, Sent(count * 25, 0.01))
    return found._replace(**changed)


def test_who_keeps_up_is_not_at_fault() -> None:
    moments = [moment(at_s) for at_s in range(300)]
    assert not any(fault(moments[:end]) for end in range(1, 301))
    assert {behind_s(moments, place) for place in range(2, 300)} == {2}


def test_a_growing_backlog_is_told_in_seconds() -> None:
    moments = [moment(at_s, read=3000 + at_s * 500) for at_s in range(300)]
    assert fault(moments[:100]) == ""
    assert fault(moments) == "trade is 152 s behind its log"


def test_silence_is_a_fault() -> None:
    moments = [moment(at_s, decided=min(at_s, 100)) for at_s in range(200)]
    assert fault(moments[:150]) == ""
    assert fault(moments) == "no decision for 99 s"


def test_a_load_that_is_late_and_orders_that_wait_are_faults() -> None:
    assert "so many ticks a second are too many" in fault([moment(1, sent=Sent(5, 61.0))])
    assert fault([moment(1, asked=60, taken=5)]) == "55 orders wait for the gateway"
