"""A venue's messages as columns, and the ticks that they make: what every venue's parser has in common."""

import hashlib
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import msgspec
import numpy as np

from jobs.adapters.depth import Join
from jobs.adapters.levels import Levels
from schemas.control import Quarantined
from schemas.errors import Fault
from schemas.frame import Records, document
from schemas.records import TICK, Side, Status, TickFlag, TickKind
from schemas.topics import Source
from udfs.quarantine import HEAD_BYTES

MILLISECOND_NS = 1_000_000


class Form(IntEnum):
    """What one message says: its parts are one text of levels each, of the kind and side in `_PARTS`."""

    BUY_TRADE = 0
    SELL_TRADE = 1
    QUOTE = 2
    UPDATE = 3
    SNAPSHOT = 4


_PARTS = {
    Form.BUY_TRADE: ((TickKind.TRADE, Side.BUY),),
    Form.SELL_TRADE: ((TickKind.TRADE, Side.SELL),),
    Form.QUOTE: ((TickKind.BID, Side.BUY), (TickKind.ASK, Side.SELL)),
    Form.UPDATE: ((TickKind.LEVEL, Side.BUY), (TickKind.LEVEL, Side.SELL)),
    Form.SNAPSHOT: ((TickKind.LEVEL, Side.BUY), (TickKind.LEVEL, Side.SELL)),
}
_COUNT = np.array([len(_PARTS[form]) for form in Form])
_FLAT = np.array([part for form in Form for part in _PARTS[form]], np.uint8)
_FLAT_BEGIN = np.cumsum([0, *_COUNT[:-1]])


Place = tuple[str, int, bytes]  # file, number of the line, the line


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that its parser refuses: whose it is, where it stood, why, and the bytes as they came."""

    instrument: int
    where: str
    reason: str
    line: bytes
    fault: Fault = Fault.BAD_MESSAGE

    def document(self, epoch: int, sequence: int) -> Records:
        """What the feed's QUARANTINE frame says of it: no frame was involved, so kind and position are 0."""
        quarantined = Quarantined(
            fault=self.fault.name,
            message=f"{self.where}: {self.reason}",
            position=0,
            source=Source.FEED,
            epoch=epoch,
            sequence=sequence,
            kind=0,
            count=1,
            places=(),
            size=len(self.line),
            sha256=hashlib.sha256(self.line).hexdigest(),
            head=self.line[:HEAD_BYTES],
        )
        return document(msgspec.json.encode(quarantined))


@dataclass(slots=True)
class Events:
    """Messages of one instrument, one entry each; `texts` has as many for each as its form has parts."""

    place: list[Place] = field(default_factory=list)
    receive_ns: list[int] = field(default_factory=list)
    venue_ms: list[int] = field(default_factory=list)  # 0 = none
    form: list[Form] = field(default_factory=list)
    texts: list[Any] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.place)

    def of_texts(self) -> Records:
        """The number of the event that each text belongs to."""
        return np.repeat(np.arange(len(self)), _COUNT[self.form])


def to_ticks(instrument: int, events: Events, levels: Levels, join: Join) -> Records:
    """The ticks of all events in the order of their slots, with a GAP at each break of the update ids.

    An update that was held until its snapshot has the snapshot's receive time: before, it said nothing. The last
    record of each event has LAST.
    """
    event = np.repeat(events.of_texts(), np.diff(levels.begin))
    ticks = np.zeros(len(event) + len(join.gaps), TICK)
    told, gaps = ticks[: len(event)], ticks[len(event) :]
    told["price"], told["size"] = levels.price, levels.size
    told["kind"], told["side"] = np.repeat(_parts(events), np.diff(levels.begin), axis=0).T
    told["flags"] = np.where(np.array(events.form, np.uint8)[event] == Form.SNAPSHOT, TickFlag.SNAPSHOT, 0)
    gaps["price"], gaps["size"], gaps["kind"], gaps["side"] = TickKind.LEVEL, Status.GAP, TickKind.STATUS, Side.NONE

    event = np.concatenate([event, np.array([number for _, number in join.gaps], np.int64)])
    slot = np.concatenate([join.slot[event[: len(told)]], np.array([slot for slot, _ in join.gaps], np.int64)])
    ticks["instrument"] = instrument
    ticks["venue_ns"] = np.array(events.venue_ms, np.int64)[event] * MILLISECOND_NS
    ticks["receive_ns"] = np.array(events.receive_ns, np.int64)[slot // 2]

    order = np.argsort(slot, kind="stable")[np.count_nonzero(slot < 0) :]
    ticks, event = ticks[order], event[order]
    last = np.append(event[1:] != event[:-1], True)[: len(event)] | (ticks["kind"] == TickKind.STATUS)
    ticks["flags"] |= np.where(last, TickFlag.LAST, 0).astype(np.uint16)
    return ticks


def _parts(events: Events) -> Records:
    """Kind and side of each text."""
    form = np.repeat(np.array(events.form, np.int64), _COUNT[events.form])
    first = np.repeat(np.cumsum(_COUNT[events.form]) - _COUNT[events.form], _COUNT[events.form])
    return _FLAT[_FLAT_BEGIN[form] + np.arange(len(form)) - first]
