"""What the gateway believes of logs and marks: the channel's own rules, and Unsafe where the log is not ours."""

from collections.abc import Callable

import numpy as np
import pytest
from msgspec.structs import replace

from jobs.execution.gate import Gate
from jobs.execution.watch import Watch
from schemas.control import Control, Epoch, Halt, Resume, control_frame
from schemas.errors import Unsafe
from schemas.frame import Frame, decode, encode, log_tag
from schemas.records import REPORT, TICK, Kind
from schemas.topics import TICKS, Source
from tests.jobs.execution.world import LOG_ID, NOW_NS, Fuse, World, config, make_order, mark_frame, message, opening

TAG = log_tag(LOG_ID)


@pytest.fixture
def watch() -> Watch:
    made = Watch(config().universe, {})
    for offset, data in enumerate(opening(config(), 0)):
        made.log(0, offset, data)
    return made


def control(one: Control, sequence: int, epoch: int = 1, log: int = TAG) -> bytes:
    return encode(control_frame(one, channel=0, source=Source.OPERATOR, epoch=epoch, sequence=sequence, log=log))


def heartbeat(at_ns: int, log: int = TAG) -> bytes:
    tick = np.zeros(1, TICK)
    tick["receive_ns"] = at_ns
    return encode(Frame(Kind.HEARTBEAT, 0, Source.FEED, 9, 12345, tick, log=log))


def reports(sequence: int, epoch: int) -> bytes:
    return encode(Frame(Kind.REPORTS, 0, Source.GATEWAY, epoch, sequence, np.zeros(1, REPORT), log=TAG))


def test_opening(watch: Watch) -> None:
    seen = watch.channels[0]
    assert (seen.log_id, seen.term, seen.modes, seen.offset) == (LOG_ID, 1, {1: "gateway"}, 3)
    kept = Watch(config().universe, watch.dump())
    assert kept.channels == watch.channels and not watch.changed


def test_only_the_announced_epoch_halts_and_resumes(watch: Watch) -> None:
    seen = watch.channels[0]
    watch.log(0, 3, control(Halt(by="a", reason="b"), 0))  # of an epoch that nobody announced
    assert not seen.halted
    watch.log(0, 4, control(Epoch(source=Source.OPERATOR, epoch=1), 0))
    watch.log(0, 5, control(Halt(by="a", reason="b"), 1))
    watch.log(0, 6, control(Epoch(source=Source.OPERATOR, epoch=2), 2, epoch=2))
    watch.log(0, 7, control(Resume(by="zombie"), 3))
    assert seen.halted
    watch.log(0, 8, control(Resume(by="a"), 3, epoch=2))
    assert not seen.halted and seen.offset == 9


def test_missing_records_and_another_log_are_unsafe(watch: Watch) -> None:
    with pytest.raises(Unsafe, match="another log"):
        watch.log(0, 3, heartbeat(NOW_NS, log=1))
    watch.log(0, 3, control(Epoch(source=Source.OPERATOR, epoch=1), 0))
    with pytest.raises(Unsafe, match="OPERATOR are missing"):
        watch.log(0, 4, control(Halt(by="a", reason="b"), 2))
    gateway = Epoch(source=Source.GATEWAY, epoch=1)
    frame = control_frame(gateway, channel=0, source=Source.GATEWAY, epoch=1, sequence=0, log=TAG)
    assert watch.log(0, 5, encode(frame)) is not None
    assert watch.log(0, 6, reports(1, 1)) is not None and watch.log(0, 7, reports(1, 1)) is None
    with pytest.raises(Unsafe, match="GATEWAY are missing"):
        watch.log(0, 8, reports(3, 1))


@pytest.mark.parametrize("data", [b"", b"abc", b'{"e":"trade"}', heartbeat(NOW_NS)[:-1], heartbeat(NOW_NS) + b"\0"])
def test_what_is_no_frame_is_counted(watch: Watch, data: bytes) -> None:
    watch.log(0, 3, data)
    watch.mark(0, data)
    assert watch.refused == 2 and watch.channels[0].now_ns == 0 and watch.channels[0].offset == 4


def test_time_runs_forward_and_not_away(watch: Watch) -> None:
    seen = watch.channels[0]
    for at_ns, now_ns in (
        (NOW_NS, NOW_NS),
        (NOW_NS - 5, NOW_NS),
        (2**62, NOW_NS),
        (NOW_NS + 10**18, NOW_NS),
        (-1, NOW_NS),
    ):
        watch.log(0, 3, heartbeat(at_ns))
        watch.mark(0, mark_frame(at_ns=at_ns))
        assert seen.now_ns == now_ns
    assert watch.quote(0)["receive_ns"] == NOW_NS


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: replace(frame, log=5),
        lambda frame: replace(frame, channel=1),
        lambda frame: decode(mark_frame(instrument=77)),
    ],
)
def test_marks_that_are_not_ours(watch: Watch, change: Callable[[Frame], Frame]) -> None:
    watch.mark(0, encode(change(decode(mark_frame()))))
    assert watch.refused == 1 and not watch.marks["receive_ns"].any()


def test_orders_of_a_lock_step_term_are_passed_over(folder, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    world = World(folder, [message(make_order(1))], {})
    for channel in (0, 1):
        world.topics[TICKS.name, channel] = opening(config("lock-step"), channel)
    taken: list[int] = []
    monkeypatch.setattr(Gate, "_decide", lambda gate, order: taken.append(order.n))
    world.run(Fuse())
    assert not taken and not world.broker.submits
    assert all(decode(data).kind == Kind.CONTROL for data in world.topics[TICKS.name, 0])
