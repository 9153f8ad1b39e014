"""The summary of facts that were added up by hand; what differs between two summaries."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from jobs.results.summarise import summarise
from jobs.results.summary import Latency, differences, read, write
from jobs.results.text import lines, paragraph
from jobs.summary import summary as command
from schemas.errors import DataError
from tests.jobs.results.facts import by_hand


def test_counts() -> None:
    found = summarise(by_hand())
    assert (found.ticks, found.gaps, found.features, found.marked, found.predictions) == (1_000, 2, 3, 1, 2)
    assert found.quarantined == {"BAD_SIZE": 3, "CORRUPT": 1}
    assert found.vetoes_by_reason == {"stale": 1}
    model, probe = found.strategies["model"], found.strategies["probe"]
    assert model.no_order == {"below_confidence": 2, "below_cost": 1}
    assert (model.orders, model.fills, model.pnl) == (0, 0, {})
    assert (probe.orders, probe.fills) == (3, 2)
    assert probe.fates == {"filled": 1, "partly_filled": 1, "expired": 1}


def test_money_is_exact() -> None:
    found = summarise(by_hand())
    # 0.0005 * (60,010 - 60,000) + 0.0005 * (60,020 - 60,000) - 0.09
    assert found.pnl == {"USDT": "-0.07500000"}
    assert found.fees == {"USDT": "0.09000000"}
    assert found.strategies["probe"].pnl == found.pnl


def test_rates_leave_out_flat_rows_and_keep_in_sample_apart() -> None:
    found = summarise(by_hand())
    assert (found.labelled, found.flat, found.flat_share) == (4, 1, 0.2)
    assert (found.accuracy, found.base_rate) == (0.75, 0.75)
    assert found.accuracy_se == pytest.approx(0.216506, abs=1e-6)  # sqrt(0.75 * 0.25 / 4): five minutes apart
    assert found.members["online"].accuracy == 0.25
    assert (found.in_sample.labelled, found.in_sample.accuracy) == (1, 1.0)


def test_latency_is_by_hop_or_nothing() -> None:
    assert summarise(by_hand()).latency_ns == {"in trade": Latency(p50=2, p99=3, max=3)}
    assert summarise(replace(by_hand(), latency_ns=None)).latency_ns is None


def test_the_paragraph() -> None:
    assert paragraph(summarise(by_hand())) == (
        "model accuracy 0.75 ± 0.22, base rate 0.75 (4 labelled rows, 20% flat) · "
        "orders: model 0 (2 below confidence, 1 below cost), "
        "probe 3 (1 expired, 1 filled, 1 partly filled; vetoed: 1 stale) · "
        "P&L probe −0.08 USDT (fees 0.09 USDT)"
    )
    assert dict(lines(summarise(by_hand())))["latency in trade"].startswith("p50 0.00 ms")


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    found = summarise(by_hand())
    write(found, tmp_path / "deep" / "summary.json")
    assert read(tmp_path / "deep" / "summary.json") == found
    with pytest.raises(DataError, match="penstock try"):
        read(tmp_path / "none.json")
    (tmp_path / "old.json").write_text("{}")
    with pytest.raises(DataError, match="not one that this version writes"):
        read(tmp_path / "old.json")


def test_differences_are_named_and_telemetry_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ours = summarise(by_hand())
    slower = msgspec.structs.replace(ours, latency_ns=None)
    assert differences(ours, slower) == {}
    write(ours, tmp_path / "summary.json")
    write(slower, tmp_path / "same.json")
    assert command(tmp_path, tmp_path / "same.json") == 0
    assert capsys.readouterr().out.startswith("0 keys differ")
    other = summarise(replace(by_hand(), ticks=7, quarantined={}))
    write(other, tmp_path / "other.json")
    assert command(tmp_path, tmp_path / "other.json") == 1
    out = capsys.readouterr().out
    assert "ticks: 7 in" in out
    assert "quarantined.CORRUPT: None in" in out
    assert "4 keys differ" in out  # ticks, quarantined itself when it is empty, its two faults
