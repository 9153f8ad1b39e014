"""A channel's key in Flink: chosen once for every parallelism, so that its state is found under any of them.

Flink hashes a key into one of 128 groups, for ever, and gives each of P subtasks a run of them: group g is on subtask
g * P // 128. A channel's group is the place of its number in a list of all groups, and its key one that has this hash.
Under 2 subtasks channel c is on c mod 2. N channels are spread evenly over every P that divides N, for N up to 8 and
for powers of two; of any other N up to 19, a subtask has at most one channel more than its share.

>>> [subtask_of(channel, 4) for channel in range(4)]
[0, 2, 1, 3]
>>> [subtask_of(channel, 3) for channel in range(6)]
[0, 2, 1, 2, 0, 1]
"""

from collections.abc import Iterable
from functools import cache

from schemas.errors import Unsafe
from schemas.topics import NO_CHANNEL

__all__ = ["GROUPS", "group_of", "key_of", "retired_keys", "subtask_of", "subtask_of_key"]

GROUPS = 128  # Flink's maximum parallelism: state cannot be restored under another one
# Found by search: for each N up to 8 the first N lie in different Nths of 128, which no formula gives.
_FIRST = (0, 92, 55, 110, 26, 74, 37, 112)
_STEP = 1 << 16  # between the keys that a channel tries
_OURS = 1 << 15  # in every key of this choice, and in none of an earlier one
_WORD = (1 << 32) - 1


@cache
def key_of(channel: int) -> int:
    """The key of a channel, or of NO_CHANNEL."""
    group = 0 if channel == NO_CHANNEL else _groups()[channel]
    return next(key for key in _tried(channel | _OURS) if group_of(key) == group)


def subtask_of(channel: int, parallelism: int) -> int:
    """Where a channel runs."""
    return subtask_of_key(key_of(channel), parallelism)


def subtask_of_key(key: int, parallelism: int) -> int:
    """Where the state under a key lies."""
    return _subtask(group_of(key), parallelism)


def group_of(key: int) -> int:
    """Flink's own hash of PyFlink's key, a row of one LONG: MathUtils.murmurHash over Row.hashCode."""
    code = (62 + ((key ^ key >> 32) & _WORD)) & _WORD
    code = _rotated(code * 0xCC9E2D51 & _WORD, 15) * 0x1B873593 & _WORD
    code = (_rotated(code, 13) * 5 + 0xE6546B64) & _WORD ^ 4
    code = (code ^ code >> 16) * 0x85EBCA6B & _WORD
    code = (code ^ code >> 13) * 0xC2B2AE35 & _WORD
    code ^= code >> 16
    return (code if code < 1 << 31 else _WORD + 1 - code) % GROUPS


def retired_keys(channels: Iterable[int]) -> dict[int, int]:
    """The keys that releases up to 0.2 gave these channels, and NO_CHANNEL, under any parallelism; and whose they were.

    They chose a key for the parallelism of the moment: a channel's first one on subtask channel mod P.
    """
    channels, found = tuple(channels), dict[int, int]()
    groups = {channel: list[int]() for channel in channels}
    for parallelism in range(1, GROUPS + 1):
        keys = {channel: _retired(channel, parallelism, groups[channel]) for channel in channels}
        found.update({key: channel for channel, key in keys.items()})
        found.setdefault(max(keys.values()) + 1, NO_CHANNEL)
    return found


def _retired(channel: int, parallelism: int, groups: list[int]) -> int:
    """`groups` are those of the channel's keys so far; it grows."""
    for place, key in enumerate(_tried(channel)):
        if place == len(groups):
            groups.append(group_of(key))
        if _subtask(groups[place], parallelism) == channel % parallelism:
            return key
    raise AssertionError


def _tried(first: int) -> range:
    return range(first, 1 << 40, _STEP)


def _subtask(group: int, parallelism: int) -> int:
    return group * parallelism // GROUPS


def _rotated(word: int, by: int) -> int:
    return (word << by | word >> 32 - by) & _WORD


@cache
def _groups() -> tuple[int, ...]:
    """Each group once; the first 16 lie in different 16ths, the first 32 in different 32nds, and so on."""
    groups = list(_FIRST)
    for count in (16, 32, 64, 128):
        taken = {_subtask(group, count) for group in groups}
        free = [part for part in range(count) if part not in taken]
        half = len(free) // 2
        for low, high in zip(free[:half], free[half:], strict=True):
            groups += [low * GROUPS // count, high * GROUPS // count]
    if sorted(groups) != list(range(GROUPS)):
        raise Unsafe("two channels would share a key group")
    return tuple(groups)
