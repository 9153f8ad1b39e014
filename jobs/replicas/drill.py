"""What is done to the pair, step by step, and what came of it."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec

from jobs.adapters.clock import wall_ns
from jobs.adapters.kafka import read_all
from jobs.adapters.patience import until
from jobs.adapters.processes import log_tail
from jobs.execution.standing import standing
from jobs.reconcile import reconcile
from jobs.replicas.stage import Stage
from jobs.replicas.stream import Phase, arrivals_ns, gap_s_max
from schemas.topics import ORDERS
from schemas.trading import read_order_message

__all__ = ["Result", "diverge", "go_wrong", "lose_each"]

WARM_UP_PACE = 6.0  # a minute of channel time passes before the first order
READY_S_MAX = 180.0
RETURN_S_MAX = 240.0
Say = Callable[[str], None]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What the drill came to."""

    phases: tuple[Phase, ...]
    orders: int
    lost: int
    doubled: int
    differences: int  # between ledger, exchange and log
    compared: int  # positions of which both replicas gave a digest
    different: int
    alerts: int
    asked: dict[str, int]  # messages of orders.v1 by replica, repeats included
    first: dict[str, int]  # orders by the replica that came first


def lose_each(
    stage: Stage, data: Path, pace: float, window_s: float, say: Say, victims: Sequence[str] = ("a", "b")
) -> Result:
    """Kill each victim and let it return before the next; the stage is open, and whoever opened it closes it."""
    _begin(stage, data, pace, say, "a", "b")
    phases = [_phase(stage, "undisturbed", window_s, say)]
    for replica in victims:
        stage.kill(f"trade-{replica}")
        phases.append(_phase(stage, f"{replica} killed", window_s, say))
        begun_ns = wall_ns()
        stage.start(f"trade-{replica}")
        stage.wait_ready(f"trade-{replica}")
        until(partial(_keeps_up, stage, replica), RETURN_S_MAX, f"replica {replica} catches up")
        phases.append(_measured(stage, f"{replica} returns", begun_ns))
        say(_line(phases[-1]))
    return _end(stage, phases, say)


def diverge(stage: Stage, data: Path, pace: float, say: Say) -> tuple[int, str]:
    """Let b see other bids from some moment on; positions compared before, and what the gateway said at its end."""
    _begin(stage, data, pace, say, "a")
    return go_wrong(stage, say)


def go_wrong(stage: Stage, say: Say) -> tuple[int, str]:
    """Start b, which has no state yet, to go wrong beside a; as `diverge`, once orders flow."""
    say("replica b starts; 100 s of channel time into its log, its bids are one step too low")
    stage.start("trade-b", "--inject", "bids")
    stage.wait_ready("trade-b")
    gateway = stage.processes["gateway"]
    compared = 0
    while gateway.is_running():
        compared = max(compared, sum(said.compared for said in standing(stage.folder).progress.values()))
        stage.check("trade-a", "trade-b", "feed")
        time.sleep(0.2)
    return compared, log_tail(gateway.log, 4)


def _begin(stage: Stage, data: Path, pace: float, say: Say, *replicas: str) -> None:
    """Everything up, the state warm, and orders flowing at the drill's pace."""
    say(f"broker at {stage.bootstrap}")
    for name in ("exchange", "gateway", *(f"trade-{replica}" for replica in replicas)):
        stage.start(name)
    for name in ("exchange", "gateway", *(f"trade-{replica}" for replica in replicas)):
        stage.wait_ready(name)
    until(lambda: all(stage.is_read(replica) for replica in replicas), READY_S_MAX, "the replicas have read their logs")
    say(f"exchange, gateway and replicas {' and '.join(replicas)} of trade are running")
    stage.start("feed", "--data", str(data), "--pace", str(WARM_UP_PACE))
    until(lambda: len(arrivals_ns(stage.folder / "ledger.db")) > 0, 120, "a first order")
    stage.processes["feed"].stop(30)
    until(lambda: all(stage.is_read(replica) for replica in replicas), READY_S_MAX, "the replicas have read on")
    stage.start("feed", "--data", str(data), "--pace", str(pace))
    orders = len(arrivals_ns(stage.folder / "ledger.db"))
    until(lambda: len(arrivals_ns(stage.folder / "ledger.db")) > orders, 60, "orders at the drill's pace")
    say(f"orders arrive; the capture is fed at {pace:g} times its pace")


def _phase(stage: Stage, what: str, window_s: float, say: Say) -> Phase:
    begun_ns, name = wall_ns(), what[0]
    deadline = time.monotonic() + window_s
    while time.monotonic() < deadline:
        living = [f"trade-{replica}" for replica in ("a", "b") if what == "undisturbed" or replica != name]
        stage.check("exchange", "gateway", "feed", *living)
        time.sleep(0.2)
    found = _measured(stage, what, begun_ns)
    say(_line(found))
    return found


def _measured(stage: Stage, what: str, begun_ns: int) -> Phase:
    ended_ns = wall_ns()
    at_ns = arrivals_ns(stage.folder / "ledger.db")
    orders = sum(begun_ns <= one < ended_ns for one in at_ns)
    gap_s = gap_s_max(at_ns, begun_ns, ended_ns)
    return Phase(what=what, begin_ns=begun_ns, end_ns=ended_ns, orders=orders, gap_s_max=gap_s)


def _line(phase: Phase) -> str:
    return f"{phase.what}: {phase.orders} orders, longest pause {phase.gap_s_max:.2f} s"


def _keeps_up(stage: Stage, replica: str) -> bool:
    """Whether a replica has come to where the other one stands now, in every channel."""
    return all(
        said.reached.get(replica, -1) >= max(said.reached.values(), default=0) and replica not in said.trailing
        for said in standing(stage.folder).progress.values()
    )


def _end(stage: Stage, phases: list[Phase], say: Say) -> Result:
    """Stop the feed, let both replicas and the gateway come to their ends, and ask the witnesses."""
    stage.processes["feed"].stop(30)
    until(lambda: stage.is_read("a") and stage.is_read("b"), 60, "both replicas have read the logs")
    until(lambda: not standing(stage.folder).in_flight, 60, "nothing is in flight")
    stage.processes["gateway"].stop(30)
    say("the feed has ended, the gateway is settled")
    books = reconcile(stage.folder, stage.bootstrap)
    said = standing(stage.folder).progress.values()
    asked: Counter[str] = Counter()
    first: dict[str, str] = {}
    for channel in stage.channels:
        for message in read_all(stage.bootstrap, ORDERS.name, channel):
            order, _, stamps = read_order_message(message.value)
            replica = stamps.replica if stamps else "a"
            asked[replica] += 1
            first.setdefault(order.id, replica)
    return Result(
        phases=tuple(phases),
        orders=books.orders,
        lost=len(books.lost),
        doubled=len(books.doubled),
        differences=len(books.different),
        compared=sum(one.compared for one in said),
        different=sum(one.different for one in said),
        alerts=sum(one.alerts for one in said),
        asked=dict(asked),
        first=dict(Counter(first.values())),
    )
