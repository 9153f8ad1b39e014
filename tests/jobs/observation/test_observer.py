"""A process's three pages over real HTTP, and what its loop makes them say."""

import http.client
import json
import re
import socket
import time
from argparse import ArgumentParser
from pathlib import Path

import pytest

from jobs.observation import observer as module
from jobs.observation.observer import Observer, add_argument, observed
from schemas.errors import SetupError
from schemas.metrics import FEED_TICKS

LOOPBACK = ("127.0.0.1", 0)
NO_BROKER = "127.0.0.1:1"


def get(folder: Path, path: str, method: str = "GET") -> tuple[int, str]:
    [target] = json.loads((folder / "metrics" / "feed.json").read_text())
    assert target["labels"] == {"process": "feed"}
    connection = http.client.HTTPConnection(*target["targets"], timeout=5)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def round_now(observer: Observer, fill=lambda: None, reached=dict) -> None:
    observer._told_s = 0.0
    observer.round(fill, reached)


def test_a_process_is_ready_while_its_loop_runs(tmp_path: Path):
    with observed("feed", LOOPBACK, tmp_path, NO_BROKER) as observer:
        assert get(tmp_path, "/readyz") == (503, "starting\n") and get(tmp_path, "/healthz") == (200, "ok\n")
        observer.started()
        round_now(observer, lambda: observer.page.set(FEED_TICKS, 5, 0))
        assert get(tmp_path, "/readyz") == (200, "ok\n")
        status, page = get(tmp_path, "/metrics")
        assert status == 200 and 'penstock_feed_ticks_total{channel="0"} 5.0' in page
        assert "penstock_ready 1.0" in page and re.search(r"^penstock_round_age_seconds 0\.\d+$", page, re.M)
        observer.stopping()
        assert get(tmp_path, "/readyz") == (503, "stopping\n")
        assert "penstock_ready 0.0" in get(tmp_path, "/metrics")[1]
    assert not list(tmp_path.glob("metrics/*")), "who ends by itself takes its address back"


def test_nothing_but_three_pages_is_served(tmp_path: Path):
    with observed("feed", LOOPBACK, tmp_path, NO_BROKER):
        assert get(tmp_path, "/")[0] == get(tmp_path, "/../etc/passwd")[0] == 404
        assert get(tmp_path, "/metrics", "POST")[0] == 404


def test_a_loop_that_stands_is_neither_alive_nor_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "ROUND_S_MAX", 0.05)
    with observed("feed", LOOPBACK, tmp_path, NO_BROKER) as observer:
        observer.started()
        time.sleep(0.1)
        assert get(tmp_path, "/healthz") == (503, "no round for 0 s\n")
        assert get(tmp_path, "/readyz")[0] == 503
        observer.round(lambda: None)
        assert get(tmp_path, "/healthz") == (200, "ok\n")


def test_a_page_that_cannot_be_filled_stops_nothing_and_is_told(tmp_path: Path):
    with observed("feed", LOOPBACK, tmp_path, NO_BROKER) as observer:
        observer.started()
        round_now(observer, lambda: {}["missing"])
        assert get(tmp_path, "/readyz") == (503, "its page cannot be filled: KeyError('missing')\n")
        round_now(observer)
        assert get(tmp_path, "/readyz")[0] == 200


def test_who_cannot_ask_the_broker_is_not_ready(tmp_path: Path):
    with observed("feed", LOOPBACK, tmp_path, NO_BROKER, ["ticks.v1"], [0]) as observer:
        observer.started()
        deadline = time.monotonic() + 15
        while not observer.unknown:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert get(tmp_path, "/readyz") == (503, f"{observer.unknown}\n") and NO_BROKER in observer.unknown


def test_who_crashes_leaves_its_address_so_that_it_is_missed(tmp_path: Path):
    with pytest.raises(KeyError), observed("feed", LOOPBACK, tmp_path, NO_BROKER):
        raise KeyError
    assert (tmp_path / "metrics" / "feed.json").exists()


def test_a_port_that_is_taken_is_a_clear_error(tmp_path: Path):
    with socket.create_server(LOOPBACK) as taken:
        port = taken.getsockname()[1]
        refused = pytest.raises(SetupError, match=f"metrics: cannot listen at 127.0.0.1:{port}")
        with refused, observed("feed", ("127.0.0.1", port), tmp_path, NO_BROKER):
            pass


@pytest.mark.parametrize(
    ("text", "address"),
    [("9108", ("127.0.0.1", 9108)), ("0.0.0.0:9108", ("0.0.0.0", 9108)), ("off", None), ("0", ("127.0.0.1", 0))],
)
def test_addresses(text: str, address: tuple[str, int] | None):
    parser = ArgumentParser()
    add_argument(parser)
    assert parser.parse_args([]).metrics == LOOPBACK
    assert parser.parse_args(["--metrics", text]).metrics == address


@pytest.mark.parametrize("text", ["", "x", "1.2.3.4:", "99999", "-1"])
def test_bad_addresses(text: str, capsys: pytest.CaptureFixture[str]):
    parser = ArgumentParser()
    add_argument(parser)
    with pytest.raises(SystemExit):
        parser.parse_args([f"--metrics={text}"])
    assert "is not [HOST:]PORT" in capsys.readouterr().err
