"""Bad messages, a zombie writer, a machine that raises, a topic made again: noticed by name, and no order of it."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from jobs.adapters.faults import expected
from jobs.adapters.kafka import Producer
from jobs.adapters.writer import Writer
from jobs.begin import begin
from schemas.config import StrategyConfig
from schemas.control import Quarantined, read_quarantined
from schemas.errors import BadFrame
from schemas.frame import Frame, Records, decode
from schemas.records import NO_INSTRUMENT, TICK, Kind, Mark, Side, TickFlag, TickKind
from schemas.topics import DECISIONS, FEATURES, QUARANTINE, TICKS, TOPICS, Source
from tests.builders import captured, demo, demo_resources, demo_term, log, messages
from tests.system.rig import CHANNELS, Rig, cut_capture, penstock, until
from udfs.channel import Channel, Ledger
from udfs.journal import Keeper, Memory
from udfs.play import canonical_bytes, play

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]

SETTINGS = Path(__file__).parents[2] / "jobs" / "settings" / "demo.toml"
FEED_S, MORE_S, OTHER_S = 70, 90, 110  # of the capture; the first orders come after 55 s, others after 85 s
NOTICED = Counter(GAP=1, CROSSED=1, REPEATED=1)  # by marks and counts, not in quarantine
RAISES_AT = 113  # the row behind the first orders of a channel
RAISER = """
import msgspec
from schemas.trading import Reason

class Raiser:
    class Config(msgspec.Struct, frozen=True):
        row: int

    class State(msgspec.Struct):
        pass

    def __init__(self, config):
        self._row = config.row

    def initial(self):
        return Raiser.State()

    def decide(self, state, row):
        if row.instrument.channel == 0 and row.number == self._row:
            raise ArithmeticError("on purpose")
        return Reason.WAITING
"""


def feed(rig: Rig, data: Path, *more: str) -> None:
    asked = penstock("feed", "--bootstrap", rig.bootstrap, "--config", str(SETTINGS), "--data", str(data), *more)
    said, errors = asked.communicate(timeout=60)
    assert asked.returncode == 0 and "all of it" in said, errors


# Faults among the messages


def spoil(rig: Rig) -> None:
    """Behind the feed, in channel 0: a zombie's quote; a crossed one, and a gap, which stand when a bar ends."""
    producer = Producer(rig.bootstrap)
    zombie, heir = (Writer(producer, rig.bootstrap, TICKS.name, 0, Source.FEED) for _ in range(2))
    last_ns = max(int(frame.records["receive_ns"].max()) for frame in readable(rig.log(0)) if frame.kind == Kind.TICKS)
    now_ns = last_ns + 100_000_000
    zombie.write(Kind.TICKS, quote(now_ns, 6_000_000, 6_000_001))
    heir.write(Kind.TICKS, quote(now_ns, 6_000_001, 6_000_000))
    heir.write(Kind.HEARTBEAT, beat(now_ns + 1_000_000_000))
    heir.sequence += 7
    heir.write(Kind.TICKS, trade(now_ns + 1_000_000_000, 6_000_000))
    heir.write(Kind.HEARTBEAT, beat(now_ns + 2_000_000_000))
    producer.flush()


def readable(data: list[bytes]) -> Iterator[Frame]:
    for one in data:
        try:
            yield decode(one)
        except BadFrame:
            continue


def quote(now_ns: int, bid: int, ask: int) -> Records:
    buy = (0, now_ns, bid, 10**8, 0, TickKind.BID, Side.BUY, 0)
    return np.array([buy, (0, now_ns, ask, 10**8, 0, TickKind.ASK, Side.SELL, TickFlag.LAST)], TICK)


def trade(now_ns: int, price: int) -> Records:
    return np.array([(0, now_ns, price, 10**8, 0, TickKind.TRADE, Side.BUY, TickFlag.LAST)], TICK)


def beat(now_ns: int) -> Records:
    return np.array([(0, now_ns, 0, 0, NO_INSTRUMENT, TickKind.HEARTBEAT, Side.NONE, TickFlag.LAST)], TICK)


def decided_here(data: list[bytes], channel: int) -> tuple[dict[str, bytes], list[Quarantined], Ledger]:
    """What play() makes of a log: canonical bytes, what it refused, and the channel's counts."""
    keeper = Keeper(Channel(channel, demo_resources()), Memory(), 1 << 26)
    outputs = [keeper.step(one) for one in data]
    made = [read_quarantined(frame) for one in outputs for topic, frame in one.frames if topic == QUARANTINE]
    return canonical(outputs), made, keeper.state.ledger


def canonical(outputs: object) -> dict[str, bytes]:
    return {name: data for name, data in canonical_bytes(outputs).items() if name != QUARANTINE.name}


def counted(told: list[Quarantined]) -> Counter[str]:
    return sum((Counter({one.fault: one.count}) for one in told), Counter())


def marked(rig: Rig, topic: object, mark: Mark) -> int:
    return sum(int(np.count_nonzero(frame.records["marks"] & mark)) for frame in rig.frames(topic, 0))


def test_every_fault_is_told_by_its_name(rig: Rig, tmp_path: Path) -> None:
    begin(rig.bootstrap, demo())
    feed(rig, cut_capture(tmp_path, FEED_S), "--inject", "faults")
    spoil(rig)
    rig.trade()

    told = [one for channel in CHANNELS for one in rig.quarantined(channel)]
    injected = {channel: expected(demo().universe, channel) for channel in CHANNELS}
    assert counted(told) == injected[0] + injected[1] + Counter(ZOMBIE=1) - NOTICED - NOTICED
    assert counted(told)["OFF_STEP_PRICE"] == 1

    here: list[Quarantined] = []
    for channel in CHANNELS:
        played, refused, ledger = decided_here(rig.log(channel), channel)
        assert rig.canonical(channel) == played
        assert len(rig.orders(channel)) == len(set(rig.orders(channel))) > 0
        assert (ledger.dropped, ledger.fault) == (injected[channel]["REPEATED"], 0)
        assert ledger.gaps == injected[channel]["GAP"] + (channel == 0)
        here += refused
    assert Counter((one.fault, one.sha256) for one in told) == Counter((one.fault, one.sha256) for one in here)
    for mark in (Mark.GAP, Mark.CROSSED, Mark.SUSPECT):
        assert marked(rig, FEATURES, mark) > 0 and marked(rig, DECISIONS, mark) > 0, mark


# A machine that raises; a topic that was made again


@pytest.fixture(scope="module")
def raised(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the state of a stopped job lies, in whose channel 0 a strategy has raised."""
    folder: Path = tmp_path_factory.mktemp("raised")
    (folder / "raiser.py").write_text(RAISER)
    raiser = StrategyConfig(name="raiser", target=f"{folder / 'raiser.py'}:Raiser", options={"row": RAISES_AT})
    rig.empty(*TOPICS)
    begin(rig.bootstrap, msgspec.structs.replace(demo(), strategies=(*demo().strategies, raiser)))
    feed(rig, cut_capture(folder / "data", FEED_S))
    run_to_end(rig, folder / "work")
    return folder / "work"


def run_to_end(rig: Rig, work: Path) -> None:
    """Start, or start again, until all is read and decided; stop with a savepoint."""
    trade = rig.start_trade(work)
    try:
        until(lambda: bool(trade.check()) or rig.is_read(), 60, "the job has read the logs")
        assert trade.stop(60) and trade.returncode() == 0, trade.log.read_text()[-3000:]
    finally:
        trade.kill()


def test_a_machine_that_raises_halts_its_channel_alone_and_for_good(rig: Rig, raised: Path, tmp_path: Path) -> None:
    (told,) = rig.quarantined(0)
    assert (told.fault, told.message) == ("RAISED", "ArithmeticError: on purpose")
    assert rig.orders(0) == ["probe-0-1-1", "probe-0-1-2"]
    before = rig.canonical(0)
    assert before == canonical(play(rig.log(0), 0, demo_resources()))
    assert max(int(frame.records["row"].max()) for frame in rig.frames(DECISIONS, 0)) < RAISES_AT
    assert len(rig.orders(1)) == 4

    feed(rig, cut_capture(tmp_path, MORE_S))
    run_to_end(rig, raised)
    assert rig.canonical(0) == before
    assert len(rig.quarantined(0)) == 1
    assert rig.quarantined(1) == []
    assert len(rig.orders(1)) > 4
    assert rig.canonical(1) == canonical(play(rig.log(1), 1, demo_resources()))


def test_a_topic_made_again_halts_the_restored_job(rig: Rig, raised: Path) -> None:
    before = {channel: rig.canonical(channel) for channel in CHANNELS}
    length = {channel: len(rig.log(channel)) for channel in CHANNELS}
    rig.empty(TICKS)
    for channel in CHANNELS:
        other = messages(log(captured(channel, OTHER_S), demo_term(), channel))
        assert len(other) > length[channel] + 100
        rig.write(channel, other)
    run_to_end(rig, raised)
    assert [one.fault for one in rig.quarantined(1)] == ["WRONG_LOG"]
    assert {channel: rig.canonical(channel) for channel in CHANNELS} == before
