"""The contract battery over the pipeline of the demonstration, on generated and on real logs."""

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial

import pytest

from schemas.config import FeedConfig
from schemas.control import Term
from schemas.frame import Frame
from tests.builders import captured, demo_resources, demo_term, generated, log, messages
from tests.contract import mutants
from tests.contract.battery import (
    check_causality,
    check_frame_boundaries,
    check_interleaving,
    check_needs,
    check_repeats,
    check_restarts,
    run,
)
from udfs.channel import Channel
from udfs.machine import Pipeline

EXPECTED = {"ticks", "quotes", "closes", "features", "scores", "online", "rows", "labels", "outcomes", "decisions"}
EXPECTED |= {"executions", "orders", "progress"}


def build(term: Term, channel: int) -> Pipeline:
    return demo_resources().build(term, channel)


def build_with(mutant: type[mutants.Mutant], term: Term, channel: int) -> Pipeline:
    return Pipeline([*build(term, channel).machines, mutant()])


@pytest.fixture(scope="module", params=["generated", "captured", "gateway"])
def frames(request: pytest.FixtureRequest) -> list[Frame]:
    if request.param == "captured":
        return list(log(captured(1, 66), demo_term(), 1, FeedConfig(frame_wait_us_max=50_000)))
    return list(log(generated(1, 100), demo_term("gateway" if request.param == "gateway" else "lock-step"), 1))


@pytest.fixture(scope="module")
def short() -> list[Frame]:
    return list(log(generated(0, 20), demo_term(), 0))


def test_the_logs_reach_every_stage() -> None:
    trace = run(build, messages(log(captured(1, 75), demo_term(), 1, FeedConfig(frame_wait_us_max=50_000))), 1)
    assert trace.keys() >= EXPECTED


@pytest.mark.parametrize(("seed", "longest"), [(1, 1), (2, 7), (3, 300), (4, 16_384)])
def test_frame_boundaries_cannot_be_seen(frames: list[Frame], seed: int, longest: int) -> None:
    if longest == 1:
        frames = frames[: len(frames) // 4]
    check_frame_boundaries(build, frames, 1, seed, longest)


@pytest.mark.parametrize("seed", [1, 2])
def test_restarts_cannot_be_seen(frames: list[Frame], seed: int) -> None:
    check_restarts(build, messages(frames), 1, seed)


def test_machines_need_what_they_say(frames: list[Frame]) -> None:
    check_needs(build, messages(frames), 1)


def test_repeats_cannot_be_seen(frames: list[Frame]) -> None:
    check_repeats(build, messages(frames), 1)


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_the_future_cannot_be_seen(frames: list[Frame], share: float) -> None:
    check_causality(build, frames, 1, int(share * len(frames)))


def test_channels_do_not_see_each_other() -> None:
    logs = {channel: messages(log(generated(channel, 80, seed=channel), demo_term(), channel)) for channel in (0, 1)}
    check_interleaving(build, logs)


def digests(mutant: bool = False, **environment: str) -> str:
    command = [sys.executable, "-m", "tests.contract.digest", *(["mutant"] if mutant else [])]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture(scope="module")
def usual() -> str:
    return digests(PYTHONHASHSEED="0")


def test_hash_seeds_cannot_be_seen(usual: str) -> None:
    assert "decisions" in usual
    assert digests(PYTHONHASHSEED="1") == usual


def test_cpu_features_cannot_be_seen_where_the_claim_is_exactness(usual: str) -> None:
    """Everything but the model's scores must be the same bytes on a plain CPU; the scores too, with trees."""
    masked = digests(
        PYTHONHASHSEED="0",
        NUMBA_CPU_NAME="generic",
        NUMBA_CPU_FEATURES="",
        NUMBA_CACHE_DIR=os.environ.get("TMPDIR", "/tmp") + "/penstock-generic-cache",
        NPY_DISABLE_CPU_FEATURES="AVX2 AVX512F AVX512CD AVX512_SKX FMA3",
    )
    assert masked == usual


Check = Callable[[Callable[[Term, int], Pipeline], list[Frame]], None]


def _boundaries(build_: Callable[[Term, int], Pipeline], frames: list[Frame]) -> None:
    check_frame_boundaries(build_, frames, 0, 1, 7)


def _restarts(build_: Callable[[Term, int], Pipeline], frames: list[Frame]) -> None:
    check_restarts(build_, messages(frames), 0, 1)


def _needs(build_: Callable[[Term, int], Pipeline], frames: list[Frame]) -> None:
    check_needs(build_, messages(frames), 0)


def _repeats(build_: Callable[[Term, int], Pipeline], frames: list[Frame]) -> None:
    check_repeats(build_, messages(frames), 0)


def _causality(build_: Callable[[Term, int], Pipeline], frames: list[Frame]) -> None:
    check_causality(build_, frames, 0, len(frames) // 2)


def _interleaving(build_: Callable[[Term, int], Pipeline], frames: list[Frame]) -> None:
    check_interleaving(build_, {0: messages(frames), 1: messages(log(generated(1, 20), demo_term(), 1))})


CHECKS = (_boundaries, _restarts, _needs, _repeats, _causality, _interleaving)


@pytest.mark.parametrize("check", CHECKS)
def test_the_battery_lets_an_honest_machine_pass(short: list[Frame], check: Check) -> None:
    check(partial(build_with, mutants.Honest), short)


@pytest.mark.parametrize(
    ("mutant", "check"),
    [
        (mutants.SeesTheFrame, _boundaries),
        (mutants.SeesTheFramesEnd, _boundaries),
        (mutants.SeesTheFramesEnd, _causality),
        (mutants.Forgets, _restarts),
        (mutants.SaysItNeedsLess, _needs),
        (mutants.CountsMessages, _boundaries),
        (mutants.SharesItsState, _interleaving),
    ],
)
def test_the_battery_finds_a_broken_machine(short: list[Frame], mutant: type[mutants.Mutant], check: Check) -> None:
    with pytest.raises(AssertionError):
        check(partial(build_with, mutant), short)


def test_the_battery_finds_a_channel_that_takes_repeats(short: list[Frame], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Channel, "_accept", lambda self, state, frame: (frame.records, False))
    with pytest.raises(AssertionError):
        _repeats(partial(build_with, mutants.Honest), short)


def test_the_battery_finds_a_hash_order() -> None:
    assert digests(mutant=True, PYTHONHASHSEED="0") != digests(mutant=True, PYTHONHASHSEED="1")
