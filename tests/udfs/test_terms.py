"""A changed feature set is a new term: the log goes on, what is held goes on, what features feed begins cold."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache

import msgspec
import numpy as np
import pytest

from jobs.adapters.strategies import load_strategy
from jobs.execution.agreement import is_terminal
from schemas.config import FeaturesConfig
from schemas.control import Epoch, Opening, Quarantined, Term, control_frame, read_quarantined
from schemas.errors import Fault
from schemas.features import NAMES
from schemas.frame import Frame, encode, log_tag
from schemas.instrument import Universe
from schemas.layouts import names_of
from schemas.records import DECISION, FEATURE, REPORT, Kind, Side
from schemas.topics import DECISIONS, EXECUTIONS, FEATURES, QUARANTINE, Source
from schemas.trading import Reason, ReportKind, Verdict
from tests.builders import LOG_ID, demo, demo_term, generated, log, messages
from tests.contract.battery import check_causality, check_frame_boundaries, check_repeats, check_restarts
from tests.models.small import open_small, small_model
from udfs.channel import Channel, Output, State
from udfs.machine import Pipeline
from udfs.pipeline import resources
from udfs.play import canonical_bytes, play
from udfs.trade.state import TradeState

OTHER = ("spread", "volatility_1s", "return_10s", "rsi_6_10s")
SECONDS, CHANGE = 150, 0.45  # of the log's frames
TAG = log_tag(LOG_ID)
RESOURCES = resources(open_small, load_strategy)


def term(number: int = 1, names: tuple[str, ...] = NAMES, mode: str = "lock-step", **changes: object) -> Term:
    """A term of the demonstration whose probe sends an order a few seconds."""
    model = small_model(names)
    strategies = tuple(
        msgspec.structs.replace(one, options={"round_trip_ns": 6_000_000_000}) if one.target == "probe" else one
        for one in demo().strategies
    )
    made = msgspec.structs.replace(
        demo_term(mode),
        number=number,
        features=FeaturesConfig(names=names),
        feature_hash=model.feature_hash,
        models=(model,),
        strategies=strategies,
    )
    return msgspec.structs.replace(made, **changes)


def changed(terms: Sequence[Term], channel: int = 0, seconds: int = SECONDS) -> list[Frame]:
    """A log that begins with the first term; the others come in turn, at equal distances from CHANGE on."""
    frames = list(log(generated(channel, seconds), terms[0], channel))
    at = int(len(frames) * CHANGE)
    for place, one in enumerate(terms[1:]):
        frames.insert(at + 40 * place, term_frame(one, channel, 3 + place))
    return frames


def term_frame(one: Term, channel: int, sequence: int) -> Frame:
    return control_frame(one, channel=channel, source=Source.TERM, epoch=1, sequence=sequence, log=TAG)


def outputs(frames: Iterable[Frame]) -> list[Output]:
    return list(play(messages(frames), 0, RESOURCES))


def records(made: Iterable[Output], topic: object, epoch: int, layout: np.dtype) -> np.ndarray:
    found = [frame.records for one in made for where, frame in one.frames if where is topic and frame.epoch == epoch]
    return np.concatenate([np.zeros(0, layout), *found])


def refused(made: Iterable[Output]) -> list[Quarantined]:
    return [read_quarantined(frame) for one in made for topic, frame in one.frames if topic is QUARANTINE]


def build(given: Term, channel: int) -> Pipeline:
    return RESOURCES.build(given, channel)


@cache
def whole() -> tuple[list[Frame], list[Output]]:
    frames = changed([term(), term(2, OTHER)])
    return frames, outputs(frames)


def test_a_changed_feature_set_is_a_new_term() -> None:
    _, made = whole()
    rows = {frame.epoch: frame.records for one in made for topic, frame in one.frames if topic is FEATURES}
    assert {epoch: names_of(of) for epoch, of in rows.items()} == {1: NAMES, 2: OTHER}
    ids = Counter(order.term for one in made for order in one.orders)
    assert ids[1] > 3 and ids[2] > 3
    assert {order.id for one in made for order in one.orders} == {
        f"probe-0-{t}-{n + 1}" for t in ids for n in range(ids[t])
    }
    assert canonical_bytes(outputs(whole()[0])) == canonical_bytes(made), "replayed"


def test_a_cold_term_sends_no_order_until_it_is_warm() -> None:
    _, made = whole()
    decisions = records(made, DECISIONS, 2, DECISION)
    cold = decisions["reason"] == Reason.NOT_WARM
    first_sent = int(np.argmax(decisions["verdict"] == Verdict.SENT))
    assert cold.any() and np.flatnonzero(cold)[0] < first_sent
    assert decisions["channel_ns"][first_sent] - decisions["channel_ns"][0] >= 50_000_000_000


def test_every_order_has_one_end_over_all_terms() -> None:
    _, made = whole()
    told = np.concatenate([records(made, EXECUTIONS, epoch, REPORT) for epoch in (1, 2)])
    ends = Counter(bytes(one["order_id"]).decode() for one in told if is_terminal(one))
    last = max((order for one in made for order in one.orders), key=lambda order: order.decided_ns)
    asked = {order.id for one in made for order in one.orders} - {last.id}  # which the end of the log may leave open
    assert asked <= ends.keys() and set(ends.values()) == {1}


def stopped(when: Callable[[TradeState], bool], mode: str = "lock-step") -> tuple[Channel, State]:
    """A channel in its first term, after the first frame after which its trade stage is as wanted."""
    channel = Channel(0, RESOURCES)
    state = channel.initial()
    for frame in log(generated(0, SECONDS), term(mode=mode), 0):
        channel.step(state, encode(frame))
        if state.pipeline is not None and when(state.own[-1]):
            return channel, state
    raise AssertionError("it never was")


def begin(channel: Channel, state: State, one: Term) -> Output:
    return channel.step(state, encode(term_frame(one, 0, 3)))


def test_an_order_that_has_not_reached_the_exchange_is_cancelled() -> None:
    channel, state = stopped(lambda trade: any(one.order for one in trade.ledger.timers))
    orders = [one.order for one in state.own[-1].ledger.timers]
    told = records([begin(channel, state, term(2, OTHER))], EXECUTIONS, 1, REPORT)
    assert [(one["order_id"].decode(), one["kind"], one["reason"]) for one in told] == [
        (order.id, ReportKind.CANCELLED, Reason.WRONG_TERM) for order in orders
    ]
    trade = state.own[-1]
    assert not trade.ledger.working and not trade.ledger.timers and not trade.accounts["working"].any()


def test_a_fill_on_its_way_counts_and_what_is_held_goes_on() -> None:
    channel, state = stopped(lambda trade: any(len(_fills(one.reports)) for one in trade.ledger.timers))
    reports = b"".join(one.reports for one in state.own[-1].ledger.timers)
    before = state.own[-1].accounts.copy()
    told = records([begin(channel, state, term(2, OTHER))], EXECUTIONS, 1, REPORT)
    assert told.tobytes() == reports
    after, fills = state.own[-1].accounts, _fills(reports)
    signed = np.where(fills["side"] == Side.BUY, fills["size"], -fills["size"]).sum()
    assert (after["size"] - before["size"]).sum() == signed and after["fees"].sum() > before["fees"].sum()
    assert state.own[-1].book.tobytes() != bytes(state.own[-1].book.nbytes), "what is held can be marked at once"


def _fills(reports: bytes) -> np.ndarray:
    told = np.frombuffer(reports, REPORT)
    return told[told["kind"] == ReportKind.FILL]


def test_a_fill_that_the_gateway_reports_in_the_next_term_counts() -> None:
    channel, state = stopped(lambda trade: bool(trade.ledger.working), "gateway")
    order_id, *others = state.own[-1].ledger.working
    assert not begin(channel, state, term(2, OTHER, "gateway")).frames
    assert list(state.own[-1].ledger.working) == [order_id, *others]
    state = channel.load(channel.dump(state))
    fill = np.zeros(1, REPORT)
    fill["order_id"], fill["execution_id"], fill["kind"] = order_id.encode(), b"x", ReportKind.FILL
    fill["price"], fill["size"], fill["cumulative"], fill["fee"] = 6_000_000, 10, 10, 7
    working = state.own[-1].ledger.working[order_id]
    fill["instrument"], fill["side"] = working.instrument, Side.BUY
    for kind, sequence, what in ((Kind.CONTROL, 0, None), (Kind.REPORTS, 1, fill)):
        announced = control_frame(
            Epoch(source=Source.GATEWAY, epoch=1), channel=0, source=Source.GATEWAY, epoch=1, sequence=0, log=TAG
        )
        frame = announced if what is None else Frame(kind, 0, Source.GATEWAY, 1, sequence, what, log=TAG)
        channel.step(state, encode(frame))
    account = state.own[-1].accounts[working.strategy, working.instrument]
    assert (account["size"], account["fees"]) == (10, 7) and list(state.own[-1].ledger.working) == others


def test_losses_halts_and_rates_go_on_unless_the_term_states_what_is_held() -> None:
    channel, state = stopped(lambda trade: bool(trade.accounts["size"].any()))
    trade = state.own[-1]
    trade.ledger.halted, trade.accounts["realised"][1] = True, -5
    sent = [*trade.ledger.sent_ns]
    begin(channel, state, term(2, OTHER, opening=(Opening(strategy="probe", instrument=1, size=3, cost=30),)))
    after = state.own[-1]
    assert after.ledger.halted and after.ledger.sent_ns == sent and (after.accounts["realised"][1] == -5).all()
    assert after.accounts["size"].tolist()[1] == [0, 3, 0, 0, 0][: len(after.accounts["size"][1])]


def test_strategies_meet_their_positions_by_name() -> None:
    channel, state = stopped(lambda trade: bool(trade.accounts["size"].any()))
    before = state.own[-1].accounts.copy()
    begin(channel, state, term(2, OTHER, strategies=term().strategies[::-1]))
    assert np.array_equal(state.own[-1].accounts["size"], before["size"][::-1])


def test_a_term_of_other_limits_alone_stays_warm() -> None:
    limits = msgspec.structs.replace(demo().limits, open_orders_max=1)
    made = outputs(changed([term(), term(2, limits=limits)]))
    plain = outputs(log(generated(0, SECONDS), term(), 0))
    rows = [np.concatenate([records(one, FEATURES, epoch, FEATURE) for epoch in (1, 2)]) for one in (made, plain)]
    for name in set(FEATURE.names) - {"position"}:  # the TERM takes one
        assert rows[0][name].tobytes() == rows[1][name].tobytes(), name
    assert len(records(made, DECISIONS, 2, DECISION)) and (records(made, FEATURES, 2, FEATURE)["warm"]).all()


@pytest.mark.parametrize("longest", [1, 300])
def test_no_frame_boundary_is_seen_over_a_change(longest: int) -> None:
    check_frame_boundaries(build, whole()[0], 0, 1, longest)


def test_no_restart_and_no_repeat_is_seen_over_a_change() -> None:
    check_restarts(build, messages(whole()[0]), 0, 1)
    check_repeats(build, messages(whole()[0]), 0)


def test_the_future_is_not_seen_over_a_change() -> None:
    check_causality(build, whole()[0], 0, int(0.9 * len(whole()[0])))


def test_what_fills_a_bar_may_change_with_the_features_that_ask_for_it() -> None:
    names = (*OTHER, "return_trades_bar")
    counted = tuple(msgspec.structs.replace(one, bar_trades=5, lot=2 * one.lot) for one in demo().universe.instruments)
    channel, state = stopped(lambda trade: bool(trade.accounts["size"].any()))
    book, held = state.own[1], state.own[-1].accounts["size"].tolist()
    assert not refused([begin(channel, state, term(2, names, universe=Universe(counted)))])
    assert state.own[1] is book and state.own[-1].accounts["size"].tolist() == held
    assert [machine.name for machine in state.pipeline.machines[:5]] == [
        "quality",
        "book",
        "bars",
        "activity",
        "features",
    ]
    assert not state.own[4]["x"].any(), "cold"


MODEL_ALONE = term().strategies[:1]


def flat() -> tuple[Channel, State]:
    """A channel whose probe has paid, and holds nothing and waits for nothing."""
    channel, state = stopped(lambda trade: trade.accounts["fees"][1].any() and not trade.ledger.working)
    for name in ("size", "cost"):
        state.own[-1].accounts[name] = 0
    return channel, state


def test_a_strategy_that_holds_nothing_leaves_and_its_losses_stay() -> None:
    channel, state = flat()
    before = state.own[-1].accounts.copy()
    assert not refused([begin(channel, state, term(2, strategies=MODEL_ALONE))])
    after = state.own[-1].accounts
    assert after.shape[0] == 1 and not after["size"].any()
    for name in ("realised", "fees"):
        assert np.array_equal(after[name][0], before[name].sum(axis=0)), "no loss is forgotten"
    assert np.array_equal(channel.load(channel.dump(state)).own[-1].accounts, after)

    assert not refused([channel.step(state, encode(term_frame(term(3), 0, 4)))])
    back = state.own[-1].accounts
    assert back.shape[0] == 2 and np.array_equal(back[0], after[0]) and back[1].tobytes() == bytes(back[1].nbytes)


@pytest.mark.parametrize("mode", ["lock-step", "gateway"])
def test_a_strategy_cannot_leave_with_something_open(mode: str) -> None:
    """A position; through the gateway an order whose end is not known, too."""
    opened = (Opening(strategy="probe", instrument=1, size=3, cost=30),)
    channel = Channel(0, RESOURCES)
    state = channel.initial()
    frames = log(generated(0, SECONDS), term(mode=mode, opening=opened if mode == "lock-step" else ()), 0)
    for frame in frames:
        channel.step(state, encode(frame))
        if state.pipeline is not None and (mode == "lock-step" or state.own[-1].ledger.working):
            break
    (said,) = refused([begin(channel, state, term(2, mode=mode, strategies=MODEL_ALONE))])
    told = "3 of binance-usdm BTCUSDT" if mode == "lock-step" else "order probe-0-1-1"
    assert f"TERM 2: strategy probe cannot leave with {told}" in said.message
    assert state.ledger.fault == Fault.WRONG_TERM and state.ledger.term.number == 1


OTHER_UNIVERSE = Universe(demo().universe.instruments[:-1])


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"number": 3}, "its number is 3, term 1 is in force: expected 2"),
        ({"number": 1}, "its number is 1, term 1 is in force"),
        ({"log_id": "other"}, "it names log other, this log is test"),
        ({"feature_hash": "0" * 64}, "its features are 000000000000, this code computes"),
        ({"universe": OTHER_UNIVERSE}, "its universe is another"),
        ({"exchange": demo_term("gateway").exchange}, "its exchange is gateway, orders of term 1 went to lock-step"),
        ({"strategies": ()}, "no strategy is left: what those of term 1 have lost would be forgotten"),
    ],
)
def test_a_term_that_does_not_follow_is_refused_and_halts(changes: dict[str, object], told: str) -> None:
    channel, state = stopped(lambda trade: True)
    (said,) = refused([begin(channel, state, term(**{"number": 2, **changes}))])
    assert told in said.message and state.ledger.fault == Fault.WRONG_TERM
    assert state.ledger.term.number == 1
