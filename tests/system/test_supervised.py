"""`penstock run --cluster`: a term that states what is held, an interrupt, and on as if nothing had happened."""

import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from rich.console import Console

from jobs.adapters import endpoints
from jobs.adapters.broker import Broker
from jobs.adapters.capture import frames, read_capture
from jobs.adapters.kafka import read_all
from jobs.campaign.busy import busy_config
from jobs.campaign.oracles import fills, judge
from jobs.execution.following import Positions
from jobs.execution.holdings import has_traded
from jobs.halt import halt, resume
from jobs.run import end_leftovers, through_gateway
from jobs.term import term
from schemas.config import load
from schemas.control import Term, read_control
from schemas.frame import Frame, decode
from schemas.records import FEED_KINDS, Kind
from schemas.topics import FEATURES, TICKS, Source
from tests.builders import demo_resources, log, messages
from tests.system.rig import CHANNELS, belonging, cut_capture, penstock, until
from udfs.channel import Channel
from udfs.play import play

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

SECONDS, LEAD = 130, 60


def state_what_is_held(folder: Path, config: Path) -> None:
    """A new term in the middle of the run, twice asked for and begun once."""
    halt(folder, "a term states what is held", "test")
    positions = Positions(folder, is_stated=True)
    given = (endpoints.require(folder, "bootstrap"), load(config))
    for _ in range(2):
        begun = term(*given, console=Console(quiet=True), positions=positions)
        assert {channel: one.number for channel, one in begun.items()} == {0: 2, 1: 2}
    resume(folder, "test")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Of a run; whatever becomes of the test, nothing of it runs afterwards."""
    yield tmp_path / "run"
    for process in psutil.Process().children():
        process.kill()
        process.wait(10)
    end_leftovers(tmp_path / "run")


def test_interrupted_and_resumed(folder: Path, tmp_path: Path) -> None:
    data, config = cut_capture(tmp_path / "data", SECONDS), busy_config(tmp_path)
    here = ("--config", str(config), "--data", str(data), "--lead", str(LEAD), "--folder", str(folder), "--no-report")

    first = penstock("run", "--cluster", *here, "--pace", "1")
    until(lambda: is_traded(folder) or first.poll() is not None, 240, "both channels have traded")
    state_what_is_held(folder, config)
    first.send_signal(signal.SIGINT)
    output, errors = first.communicate(timeout=120)
    assert first.returncode == 130 and "goes on from here" in output, output + errors
    assert belonging(folder) == [] and not (folder / "finished.json").exists()
    before = fills(folder)

    second = penstock("run", "--cluster", *here, "--pace", "2")
    output, errors = second.communicate(timeout=300)
    assert second.returncode == 0, output + errors
    assert belonging(folder) == []
    found = judge(folder)
    assert found.faults == () and found.executions > before > 0

    broker = Broker(folder / "broker")
    bootstrap = broker.start()
    try:
        for channel in CHANNELS:
            written = {topic: frames_of(bootstrap, topic.name, channel) for topic in (TICKS, FEATURES)}
            epochs = {frame.epoch for frame in written[TICKS] if frame.source == Source.FEED}
            assert len(epochs) == 2, "the feed was interrupted, and went on"
            compare(written[TICKS], written[FEATURES], channel, data, config)
            check_opening(bootstrap, channel)
    finally:
        broker.stop()


def is_traded(folder: Path) -> bool:
    return fills(folder) > 0 and all(has_traded(folder, channel, 1) for channel in CHANNELS)


def compare(logged: list[Frame], features: list[Frame], channel: int, data: Path, path: Path) -> None:
    """Every record of the feed, and every feature but its place in the log, as in a run that nobody interrupted."""
    config = through_gateway(load(path))
    ticks = read_capture(data, config.universe)[channel]
    fed = [frame for frame in logged if frame.source == Source.FEED and frame.kind in FEED_KINDS]
    whole = frames(ticks, channel, config.feed, Source.FEED, 1, 0)
    assert b"".join(one.records.tobytes() for one in fed) == b"".join(one.records.tobytes() for one in whole)
    first = terms_of(logged)[0]
    outputs = play(messages(log(ticks, first, channel, config.feed)), channel, demo_resources())
    expected = [frame for output in outputs for topic, frame in output.frames if topic is FEATURES]
    assert values_of(features) == values_of(expected) != b""


def check_opening(bootstrap: str, channel: int) -> None:
    """The second term states what the channel itself held when it began."""
    machine = Channel(channel, demo_resources())
    state = machine.initial()
    for message in read_all(bootstrap, TICKS.name, channel):
        terms = terms_of([decode(message.value)])
        if terms and terms[0].number == 2:
            break
        machine.step(state, message.value)
    accounts, names = state.own[-1].accounts, [one.name for one in terms[0].strategies]
    held = {(names[at], number) for at, number in np.argwhere(accounts["size"]).tolist()}
    assert {(one.strategy, one.instrument) for one in terms[0].opening} == held
    for one in terms[0].opening:
        account = accounts[names.index(one.strategy), one.instrument]
        assert (one.size, one.cost) == (account["size"], account["cost"])


def terms_of(frames_: list[Frame]) -> list[Term]:
    controls = [read_control(frame) for frame in frames_ if frame.kind == Kind.CONTROL]
    return [one for one in controls if isinstance(one, Term)]


def values_of(features: list[Frame]) -> bytes:
    """Each row once, without its position: the writers' announcements lie elsewhere in each log."""
    rows = {frame.sequence + place: row for frame in features for place, row in enumerate(frame.records.copy())}
    for row in rows.values():
        row["position"] = 0
    return b"".join(rows[number].tobytes() for number in sorted(rows))


def frames_of(bootstrap: str, topic: str, channel: int) -> list[Frame]:
    return [decode(message.value) for message in read_all(bootstrap, topic, channel)]
