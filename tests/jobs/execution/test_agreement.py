"""Reconcile: what is missing, what is doubled, what differs, each seen on a story that was right before."""

from typing import Any

import numpy as np
import pytest

from jobs.execution.agreement import Story, agree, executions_of
from schemas.frame import Records
from schemas.trading import Reason, ReportKind, canonical_order, order_hash
from tests.jobs.execution.world import NOW_NS, Double, config, make_order
from udfs.execution.orders import OrderState
from udfs.execution.settle import own_report

ORDERS = [make_order(n) for n in (1, 2, 3)]
SHA = {order.id: order_hash(canonical_order(order)) for order in ORDERS}


def story(**changes: Any) -> Story:
    """Two filled orders and a vetoed one, in perfect agreement."""
    broker = Double(config(), {})
    told: list[Records] = [broker.submit(order) for order in ORDERS[:2]]
    veto = own_report(ORDERS[2], ReportKind.VETOED, Reason.COLLAR, NOW_NS)
    states = [OrderState.FILLED, OrderState.FILLED, OrderState.VETOED]
    whole = Story(
        asked=dict(SHA),
        ledger={order.id: (SHA[order.id], state) for order, state in zip(ORDERS, states, strict=True)},
        ledger_executions=executions_of(np.concatenate(told)),
        journal=[(order.id, SHA[order.id], reports) for order, reports in zip(ORDERS, told, strict=False)],
        log=np.concatenate([*told, veto]),
    )
    return whole._replace(**{name: change(getattr(whole, name)) for name, change in changes.items()})


def test_holds() -> None:
    found = agree(story())
    assert found.holds and str(found) == "orders 3, executions 2: lost 0 doubled 0"


def without(order_id: str) -> Any:
    return lambda known: {key: value for key, value in known.items() if key != order_id}


def changed(field: str, value: Any) -> Any:
    return lambda executions: [executions[0]._replace(**{field: value}), *executions[1:]]


@pytest.mark.parametrize(
    "changes, lost, doubled, different",
    [
        ({"journal": lambda taken: [*taken, taken[0]]}, 0, 1, 1),  # an exchange that does not deduplicate
        ({"log": lambda reports: reports[:-1]}, 1, 0, 1),  # no terminal report for the vetoed one
        ({"log": lambda reports: np.concatenate([reports, reports[-1:]])}, 0, 1, 0),
        ({"log": lambda reports: reports[2:]}, 2, 0, 2),
        ({"log": lambda reports: np.concatenate([reports, reports[1:2]])}, 0, 2, 1),
        ({"journal": lambda taken: taken[1:]}, 1, 0, 1),
        ({"ledger": without("probe-0-1-1")}, 1, 0, 0),
        ({"asked": without("probe-0-1-3")}, 0, 0, 2),
        ({"ledger_executions": lambda found: found[1:]}, 1, 0, 2),
        ({"ledger_executions": lambda found: [*found, found[0]]}, 0, 1, 2),
        ({"ledger_executions": changed("fee", 1)}, 0, 0, 4),
        ({"ledger_executions": changed("size", 1)}, 0, 0, 4),
        ({"journal": lambda taken: [(taken[0][0], "other", taken[0][2]), taken[1]]}, 0, 0, 1),
    ],
)
def test_differences(changes: dict[str, Any], lost: int, doubled: int, different: int) -> None:
    found = agree(story(**changes))
    assert not found.holds
    assert (len(found.lost), len(found.doubled), len(found.different)) == (lost, doubled, different), str(found)


def test_an_order_that_works_is_not_ended() -> None:
    open_order = agree(story(ledger=lambda known: {**known, "probe-0-1-1": (SHA["probe-0-1-1"], OrderState.SENT)}))
    assert open_order.different == ("order probe-0-1-1: SENT in the ledger, 1 terminal reports in the log",)
