"""A consumer that takes nothing while its topic moves is not at work; a slow one, an idle one are."""

from hypothesis import given
from hypothesis import strategies as st

from jobs.observation.progress import Progress

TOPIC = "ticks.v1"


def watched(*looks: tuple[int, int], stall_s_max: float = 10) -> Progress:
    """Looks five seconds apart: where the consumer stood, where the topic ended."""
    progress = Progress(stall_s_max)
    for number, (stands, end) in enumerate(looks):
        progress.reached(TOPIC, {0: stands})
        progress.ends(TOPIC, {0: end}, now_s=5.0 * number)
    return progress


def test_idle_is_at_work():
    assert not [*watched((7, 7), (7, 7), (7, 7), (7, 7)).stalled(1000)]


def test_slow_is_at_work():
    assert not [*watched((1, 90), (2, 190), (3, 290), (4, 390), (5, 490)).stalled(25)]


def test_standing_while_the_topic_moves_is_not():
    progress = watched((7, 7), (7, 8), (7, 9), (7, 10))
    assert [*progress.stalled(19)] == [f"{TOPIC}[0]: 3 messages wait, and none was taken for 19 s"]
    assert [*progress.lags()] == [(TOPIC, 0, 3)]


def test_a_backlog_that_nobody_begins_to_take_is_not():
    progress = Progress(10)
    progress.ends(TOPIC, {0: 5}, now_s=0)
    assert not [*progress.stalled(9)]
    progress.ends(TOPIC, {0: 5}, now_s=9)
    assert [*progress.stalled(11)]


def test_one_partition_of_two_is_enough():
    progress = Progress(10)
    for now_s in (0, 5, 10, 15):
        progress.reached(TOPIC, {0: now_s, 1: 3})
        progress.ends(TOPIC, {0: 100, 1: 4}, now_s)
    assert [line.partition(":")[0] for line in progress.stalled(16)] == [f"{TOPIC}[1]"]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40))
def test_as_an_obvious_judge_says(moves: list[tuple[int, int]]):
    looks, stands, end = [], 0, 0
    for more, taken in moves:
        end += more
        stands = min(end, stands + taken)
        looks.append((stands, end))
    last_fine = 0
    for number, (stood, ended) in enumerate(looks):
        if stood == ended or number == 0 or stood != looks[number - 1][0]:
            last_fine = number
    waits_s = 5.0 * (len(looks) - 1 - last_fine)
    assert bool([*watched(*looks).stalled(5.0 * (len(looks) - 1))]) == (waits_s > 10)
