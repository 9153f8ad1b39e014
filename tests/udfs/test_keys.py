"""Where channels run: even for every parallelism, the same key for ever, and old keys' state is found."""

import pytest

from schemas.errors import StateError
from schemas.instrument import CHANNELS_MAX
from schemas.topics import NO_CHANNEL
from udfs.keys import GROUPS, group_of, key_of, retired_keys, subtask_of, subtask_of_key
from udfs.moving import bring


@pytest.mark.parametrize(
    ("key", "group"), [(0, 33), (1, 44), (2, 97), (5, 17), (65_536, 125), ((1 << 48) + 77, 62), ((1 << 40) + 3, 58)]
)
def test_the_hash_is_flinks(key: int, group: int) -> None:
    """The groups on the right are what Flink 2.3's KeyGroupRangeAssignment gave; a job checks its own keys at start."""
    assert group_of(key) == group


def test_keys_never_change() -> None:
    assert [key_of(channel) for channel in range(4)] == [13_402_112, 30_572_545, 15_171_586, 12_091_395]
    assert len({key_of(channel) for channel in (*range(CHANNELS_MAX), NO_CHANNEL)}) == CHANNELS_MAX + 1


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5, 6, 7, 8, 16, 32, 64, 128])
def test_every_parallelism_that_divides_the_channels_gets_equal_shares(channels: int) -> None:
    for parallelism in (count for count in range(1, channels + 1) if channels % count == 0):
        subtasks = [subtask_of(channel, parallelism) for channel in range(channels)]
        assert sorted(subtasks) == sorted(list(range(parallelism)) * (channels // parallelism))


def test_no_channels_key_is_a_retired_one() -> None:
    retired = retired_keys(range(8))
    assert not retired.keys() & {key_of(channel) for channel in (*range(CHANNELS_MAX), NO_CHANNEL)}
    assert {key: retired[key] for key in (0, 1, 7, 8)} == {0: 0, 1: 1, 7: 7, 8: NO_CHANNEL}


class Entries:
    """The keyed state of one subtask, which refuses keys of others as Flink does."""

    def __init__(self, entries: dict[int, list[bytes]], subtask: int, parallelism: int) -> None:
        self.all, self._subtask, self._parallelism = entries, subtask, parallelism

    def entries_of(self, key: int) -> list[bytes]:
        assert subtask_of_key(key, self._parallelism) == self._subtask
        return self.all.get(key, [])

    def move(self, key: int, target: int) -> None:
        assert subtask_of_key(target, self._parallelism) == self._subtask
        self.all[target] = self.all.pop(key)


def test_state_of_an_earlier_release_is_brought_to_its_new_key() -> None:
    state = Entries({0: [b"zero", b"more"], 1: [b"one"], 2: [b"none"]}, 0, 1)
    assert bring((0, 1), state, 0, 1) == {0: 0, 1: 1, NO_CHANNEL: 2}
    expected = {key_of(0): [b"zero", b"more"], key_of(1): [b"one"], key_of(NO_CHANNEL): [b"none"]}
    assert state.all == expected
    assert bring((0, 1), state, 0, 1) == {}
    assert state.all == expected


def test_state_of_an_earlier_release_is_refused_where_its_channel_does_not_run() -> None:
    """Key 0 has group 33 and stays on subtask 0 of 2; key 1 has group 44, and channel 1 belongs on subtask 1."""
    state = Entries({0: [b"zero"], 1: [b"one"]}, 0, 2)
    with pytest.raises(StateError, match="channel 1 under a key of an earlier release, on subtask 0 of 2"):
        bring((0, 1), state, 0, 2)


def test_two_states_of_a_channel_are_refused() -> None:
    state = Entries({0: [b"zero"], key_of(0): [b"other"]}, 0, 1)
    with pytest.raises(StateError, match="two states of channel 0"):
        bring((0, 1), state, 0, 1)


def test_groups_are_flinks_maximum() -> None:
    assert GROUPS == CHANNELS_MAX
