"""A changed feature set is a new term: begun by the command in a real log, decided by the real job, replayed."""

import shutil
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.resources import files
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from jobs.adapters.strategies import load_strategy
from jobs.begin import begin
from jobs.term import term
from models.registry import open_model
from schemas.config import Config, FeaturesConfig, FeedConfig
from schemas.control import Term, read_control
from schemas.errors import ConfigError, Unsafe
from schemas.frame import decode
from schemas.layouts import names_of
from schemas.records import Kind
from schemas.topics import FEATURES
from tests.builders import captured, demo, log, messages
from tests.models.small import keep_small
from tests.system.rig import CHANNELS, Rig
from udfs.pipeline import resources
from udfs.play import canonical_bytes, play

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]

OTHER = ("spread", "volatility_1s", "return_10s")
SECONDS, CHANGE = 120, 0.6
QUIET = Console(quiet=True)


class Modelled(Rig):
    """A rig whose job opens models from a folder of its own: the shipped one, and one of the other features."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.models = folder / "models"
        shutil.copytree(str(files("models") / "registry"), self.models)
        keep_small(self.models, OTHER, "small")

    def trade_arguments(self) -> list[str]:
        return [*super().trade_arguments(), "--models", str(self.models)]

    def begin(self, config: Config, model: str = "small", at_ns: int = 0) -> dict[int, int]:
        """The number of each channel's term after the command."""
        made = term(self.bootstrap, config, at_ns, self.models, model, QUIET)
        return {channel: one.number for channel, one in made.items()}


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Modelled]:
    made = Modelled(Path(tmp_path_factory.mktemp("rig")))
    yield made
    made.close()


def terms_of(log_: list[bytes]) -> list[Term]:
    frames = [decode(data) for data in log_]
    controls = [read_control(frame) for frame in frames if frame.kind == Kind.CONTROL]
    return [one for one in controls if isinstance(one, Term)]


def other(**changes: object) -> Config:
    return msgspec.structs.replace(demo(), features=FeaturesConfig(names=OTHER), **changes)


def test_a_changed_feature_set_is_a_new_term(rig: Modelled) -> None:
    first = begin(rig.bootstrap, demo())
    feed = FeedConfig(frame_wait_us_max=50_000)
    logs = {channel: list(log(captured(channel, SECONDS), first, channel, feed))[3:] for channel in CHANNELS}
    for channel, frames in logs.items():
        rig.write(channel, messages(frames[: int(CHANGE * len(frames))]))
    now_ns = int(captured(0, SECONDS)["receive_ns"][-1])

    with pytest.raises(ConfigError, match="has passed: channel 0 is at 20"):
        rig.begin(other(), at_ns=now_ns - 10 * SECONDS * 10**9)
    with pytest.raises(ConfigError, match="known where orders go through a gateway"):  # here they are filled in the log
        rig.begin(other(strategies=demo().strategies[:1]))
    assert rig.begin(demo(), "direction") == {0: 1, 1: 1}, "nothing to begin"
    sizes = {channel: len(rig.log(channel)) for channel in CHANNELS}
    assert rig.begin(other()) == {0: 2, 1: 2}
    assert {channel: len(rig.log(channel)) for channel in CHANNELS} == {one: n + 2 for one, n in sizes.items()}
    assert rig.begin(other()) == {0: 2, 1: 2}, "again, and nothing is written"
    assert {channel: len(rig.log(channel)) for channel in CHANNELS} == {one: n + 2 for one, n in sizes.items()}
    with pytest.raises(Unsafe, match="in term 2, begun with another feature_hash, models, features: `penstock term`"):
        begin(rig.bootstrap, demo())
    assert begin(rig.bootstrap, other(), rig.models, "small").number == 2

    limits = msgspec.structs.replace(demo().limits, open_orders_max=1)
    at_ns = max(int(frames[-300].records["receive_ns"][0]) for frames in logs.values())
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(rig.begin, other(limits=limits), at_ns=at_ns)
        for channel, frames in logs.items():
            rig.write(channel, messages(frames[int(CHANGE * len(frames)) : -400]))
        time.sleep(2)
        assert not waiting.done()
        for channel, frames in logs.items():
            rig.write(channel, messages(frames[-400:]))
        assert waiting.result(60) == {0: 3, 1: 3}, "as soon as both channels' times have reached it"
    rig.trade()
    opened = resources(partial(open_model, rig.models), load_strategy)
    for channel in CHANNELS:
        assert rig.canonical(channel) == canonical_bytes(play(rig.log(channel), channel, opened))
        assert [one.number for one in terms_of(rig.log(channel))] == [1, 2, 3]
        sets = {frame.epoch: names_of(frame.records) for frame in rig.frames(FEATURES, channel)}
        assert sets.pop(1) == demo().features.names and set(sets.values()) == {OTHER}
    terms = Counter(one.split("-")[2] for channel in CHANNELS for one in rig.orders(channel))
    assert terms["1"] and terms["2"]
