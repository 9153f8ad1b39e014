"""A venue's depth updates joined to its snapshots by update ids, as Binance documents it for local order books."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Update:
    """A depth update: event `number` of the capture covers the ids `first` to `last`; `previous` is USD-M's `pu`."""

    number: int
    first: int
    last: int
    previous: int | None = None


@dataclass(slots=True)
class Join:
    """Puts each update behind the snapshot or update that it continues.

    Before a snapshot, updates are held, because a snapshot may arrive after updates that follow it. `covers` is the id
    that the first update must cover: the snapshot's own on USD-M, the next one on spot. A break in the ids ends the
    book until the next snapshot.

    >>> join = Join(events=4, covers=1)
    >>> join.update(Update(0, 5, 7)); join.update(Update(1, 8, 9)); join.snapshot(2, 8); join.update(Update(3, 11, 12))
    >>> join.slot.tolist()      # 0 was in the snapshot already, 1 goes behind snapshot 2, 3 does not follow 9
    [-1, 5, 4, -1]
    >>> join.gaps
    [(6, 3)]
    """

    events: int  # of the whole capture; `slot` orders them
    covers: int
    slot: npt.NDArray[np.int64] = field(init=False)  # 2 * number where an event stays, -1 where it is not emitted
    gaps: list[tuple[int, int]] = field(default_factory=list)  # slot and number of the update that did not follow
    _synchronised: bool = False
    _awaited: int | None = None  # the id that the first update after a snapshot must cover
    _last: int = 0
    _held: list[Update] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.slot = np.arange(self.events, dtype=np.int64) * 2

    def snapshot(self, number: int, last_update_id: int) -> None:
        """Take event `number`, a snapshot up to an id; one older than the book is not emitted."""
        if self._synchronised and last_update_id < self._last:
            self.slot[number] = -1
            return
        self._synchronised, self._awaited, self._last = True, last_update_id + self.covers, last_update_id
        held, self._held = self._held, []
        for update in held:
            self._take(update, 2 * number + 1)

    def update(self, update: Update) -> None:
        self._take(update, 2 * update.number)

    def _take(self, update: Update, slot: int) -> None:
        self.slot[update.number] = -1
        if not self._synchronised:
            self._held.append(update)
            return
        if self._awaited is not None and update.last < self._awaited:
            return
        if not self._follows(update):
            self.gaps.append((slot, update.number))
            self._synchronised, self._held = False, [update]
            return
        self.slot[update.number] = slot
        self._awaited, self._last = None, update.last

    def _follows(self, update: Update) -> bool:
        if self._awaited is not None:
            return update.first <= self._awaited
        if update.previous is not None:
            return update.previous == self._last
        return update.first == self._last + 1
