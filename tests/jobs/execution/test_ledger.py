"""The ledger's file: one owner, one universe, and never behind the log."""

from pathlib import Path

import msgspec
import pytest

from jobs.adapters.ledger import Ledger
from jobs.execution.flag import Flag, FlagState
from jobs.execution.standing import Open
from jobs.execution.standing import standing as status
from jobs.halt import halt, resume
from jobs.status import show
from schemas.errors import SetupError, Unsafe
from schemas.instrument import Universe
from schemas.trading import Reason, canonical_order
from tests.jobs.execution.world import LOG_ID, Fuse, World, config, make_order, message


def test_a_second_owner_is_refused(folder: Path) -> None:
    universe = config().universe
    first = Ledger(folder / "ledger.db", universe)
    with pytest.raises(SetupError, match="another running process"):
        Ledger(folder / "ledger.db", universe)
    first.close()
    Ledger(folder / "ledger.db", universe).close()


def test_another_universe_is_refused(folder: Path) -> None:
    universe = config().universe
    Ledger(folder / "ledger.db", universe).close()
    finer = msgspec.structs.replace(universe.instruments[0], lot=500)
    with pytest.raises(SetupError, match="another universe"):
        Ledger(folder / "ledger.db", Universe((finer, *universe.instruments[1:])))
    Ledger(folder / "ledger.db", universe).close()


def test_what_is_no_ledger_is_refused(folder: Path) -> None:
    (folder / "ledger.db").write_bytes(b"no database at all, only some text" * 100)
    with pytest.raises(SetupError, match=r"ledger\.db"):
        Ledger(folder / "ledger.db", config().universe)


@pytest.mark.parametrize("keep", [False, True])
def test_a_lost_or_an_older_ledger_does_not_start(folder: Path, keep: bool) -> None:
    world = World(folder, [message(make_order(1))], {})
    world.run(Fuse())
    older = (folder / "ledger.db").read_bytes() if keep else None
    world.orders.append(message(make_order(2)))
    world.run(Fuse())
    for path in folder.glob("ledger.db*"):
        path.unlink()
    if older is not None:
        (folder / "ledger.db").write_bytes(older)
    before = list(world.broker.submits)
    with pytest.raises(Unsafe, match="the ledger was lost, or another gateway writes"):
        world.run(Fuse())
    assert world.broker.submits == before


def test_status_says_what_is_there(folder: Path) -> None:
    assert not status(folder).halted and not status(folder).gateway_alive
    world = World(folder, [message(make_order(1)), message(make_order(2, price=9_000_000))], {})
    world.run(Fuse())
    found = status(folder)
    assert found.orders == {"filled": 1, "vetoed": 1} and (found.in_flight, found.waiting) == (0, 0)
    assert [(one.instrument, one.size) for one in found.positions] == [(0, 10_000)] and found.last_wall_ns > 0
    owner = Ledger(folder / "ledger.db", world.config.universe)
    assert status(folder).gateway_alive
    owner.halt("it was wrong", 2**62)
    owner.close()
    found = status(folder)
    assert found.halted and (found.by, found.reason) == ("gateway", "it was wrong")
    assert found.oldest_open is None and show(found).row_count == 7


def test_status_shows_the_order_that_never_ends(folder: Path) -> None:
    ledger = Ledger(folder / "ledger.db", World(folder, [], {}).config.universe)
    ledger.outbox.announce({0: LOG_ID, 1: LOG_ID})
    for n in (1, 2):
        order = make_order(n)
        ledger.receive(order, canonical_order(order), None, 1_000 + n, (0, n))
    ledger.veto(make_order(1), Reason.HALTED, 1, 1)
    ledger.send(make_order(2), 1, 1, 1)
    ledger.close()
    found = status(folder)
    assert found.oldest_open == Open("probe-0-1-2", 1_002) and found.in_flight == 1 and show(found).row_count == 7


def test_the_flag_works_without_a_broker_and_stays(folder: Path) -> None:
    lines = halt(folder, "drill", "me")
    assert "no order leaves" in lines[0] and "NOT reached" in lines[1]
    assert Flag(folder).read().halted and status(folder).by == "me"
    world = World(folder, [message(make_order(1))], {})
    world.run(Fuse())
    assert world.broker.submits == [] and status(folder).orders == {"vetoed": 1}
    resume(folder, "me")
    world.orders.append(message(make_order(2)))
    world.run(Fuse())
    assert world.broker.submits == ["probe-0-1-2"]


def test_a_halt_between_check_and_offer_is_kept(folder: Path) -> None:
    """The flag is read again after the ledger's sync, just before the broker."""
    world = World(folder, [message(make_order(1))], {})
    real = Ledger.send

    def send(ledger: Ledger, *args: object) -> None:
        real(ledger, *args)  # type: ignore[arg-type]
        world.flag.write(FlagState(halted=True, by="t", reason="now", wall_ns=1))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Ledger, "send", send)
        world.run(Fuse())
    assert world.broker.submits == [] and status(folder).orders == {"never_sent": 1}
