"""The latency ledger joins trade's stamps and the gateway's by order, and shows what is missing as missing."""

from contextlib import closing
from pathlib import Path

import pytest

from jobs.adapters.ledger import Ledger
from jobs.gateway import LEDGER
from jobs.latency import PICTURE, hops, latency, stamps_of
from jobs.results.store import open_archive, read_orders
from schemas.trading import canonical_order
from tests.builders import demo
from tests.jobs.archived import STAMPS


def test_the_gateways_stamps_are_joined_by_order(archived_run: Path, tmp_path: Path) -> None:
    with open_archive(archived_run) as store:
        orders = list(read_orders(store).values())
        with closing(Ledger(tmp_path / LEDGER, demo().universe)) as ledger:
            for place, order in enumerate(orders[:2]):
                ledger.receive(order, canonical_order(order), STAMPS, STAMPS.decided_ns + 1_000, (order.channel, place))
            ledger.send(orders[0], order.decided_ns, STAMPS.decided_ns + 3_000, STAMPS.decided_ns + 7_000)
        found = {hop.name: hop for hop in hops(stamps_of(store, tmp_path / LEDGER))}
    assert set(found["trade received → decided"].samples_ns.tolist()) == {STAMPS.decided_ns - STAMPS.received_ns}
    assert found["trade received → decided"].missing == 0
    assert found["decided → gateway received"].samples_ns.tolist() == [1_000, 1_000]
    assert found["gateway received → ledger synced"].samples_ns.tolist() == [2_000]
    assert found["ledger synced → sent"].samples_ns.tolist() == [4_000]
    assert found["ledger synced → sent"].missing == len(orders) - 1
    assert not len(found["sent → acknowledged"].samples_ns)
    assert found["sent → acknowledged"].missing == len(orders)


def test_without_a_gateway_its_hops_are_missing_and_not_zero(
    archived_run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    assert latency(archived_run) == 0
    lines = {line.partition("  ")[0].strip(): line for line in capsys.readouterr().out.splitlines()}
    assert "6.000 ms" in lines["trade received → decided"]
    assert "missing" in lines["sent → acknowledged"]
    assert "0.000 ms" not in lines["sent → acknowledged"]
    assert (archived_run / PICTURE).read_text().startswith("<svg")
