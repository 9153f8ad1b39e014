"""Does a consumer do its work? It does not when messages wait for it and it takes none."""

import threading
from collections.abc import Iterator, Mapping

__all__ = ["STALL_S_MAX", "Progress"]

STALL_S_MAX = 15.0  # for which messages may wait while none is taken; longer than a broker takes to elect a leader

Offsets = Mapping[int, int]  # by partition


class Progress:
    """How far a process has come in each topic beside where the topic ends; thread-safe, times are monotonic seconds.

    >>> progress = Progress(stall_s_max=10)
    >>> progress.reached("ticks.v1", {0: 5})
    >>> progress.ends("ticks.v1", {0: 5}, now_s=100)
    >>> progress.ends("ticks.v1", {0: 9}, now_s=105)
    >>> list(progress.stalled(110)), list(progress.stalled(116))
    ([], ['ticks.v1[0]: 4 messages wait, and none was taken for 16 s'])
    """

    def __init__(self, stall_s_max: float = STALL_S_MAX) -> None:
        self._stall_s_max = stall_s_max
        self._lock = threading.Lock()
        self._next: dict[tuple[str, int], int] = {}
        self._ends: dict[tuple[str, int], int] = {}
        self._judged: dict[tuple[str, int], tuple[int, float]] = {}  # where it stood, and since when it waits

    def reached(self, topic: str, offsets: Offsets) -> None:
        """The next message that the process will take from each partition."""
        with self._lock:
            self._next |= {(topic, partition): offset for partition, offset in offsets.items()}

    def ends(self, topic: str, offsets: Offsets, now_s: float) -> None:
        """The offset after each partition's last message, as the broker says it now."""
        with self._lock:
            for partition, end in offsets.items():
                key = topic, partition
                self._ends[key] = end
                stood, since_s = self._judged.get(key, (-1, now_s))
                stands = self._next.get(key, 0)
                self._judged[key] = stands, since_s if stands == stood and stands < end else now_s

    def lags(self) -> Iterator[tuple[str, int, int]]:
        """Topic, partition, and how many messages wait there."""
        with self._lock:
            found = [(*key, max(0, end - self._next.get(key, 0))) for key, end in self._ends.items()]
        yield from found

    def stalled(self, now_s: float) -> Iterator[str]:
        """A line for each partition whose messages have waited too long without one being taken."""
        with self._lock:
            waiting = [(key, self._ends[key] - stood, now_s - since) for key, (stood, since) in self._judged.items()]
        for (topic, partition), lag, waited_s in waiting:
            if lag > 0 and waited_s > self._stall_s_max:
                yield f"{topic}[{partition}]: {lag} messages wait, and none was taken for {waited_s:.0f} s"
