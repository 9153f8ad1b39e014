"""SIGKILL of the TaskManager in the middle of a run: nothing is lost, nothing changes, nothing is doubled."""

import os
import re
import signal
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from jobs.adapters.cluster import Cluster
from jobs.adapters.endpoints import free_port, publish
from jobs.adapters.journal import Done, read_journal
from jobs.adapters.kafka import read_all
from jobs.adapters.supervisor import Supervisor
from jobs.begin import begin
from jobs.execution.agreement import agree
from jobs.reconcile import JOURNAL, reconcile, story
from jobs.run import through_gateway
from schemas.config import load
from schemas.metrics import FLINK, METRICS
from schemas.records import DECISION
from schemas.topics import DECISIONS, ORDERS, TICKS
from schemas.trading import read_order_message
from tests.builders import CAPTURE, captured, demo_resources, demo_term, log, messages
from tests.system.rig import CHANNELS, Rig, until
from udfs.play import canonical_bytes, play

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

SETTINGS = Path(__file__).parents[2] / "jobs" / "settings" / "demo.toml"
SECONDS = 100
WRITE_S = 12.0
PORTS = 6  # a JobManager, at most three TaskManagers, and some that others may have taken


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = Path(tmp_path_factory.mktemp("cluster"))
    first = free_port()
    made = Cluster(
        folder / "flink",
        checkpoints=folder / "checkpoints",
        savepoints=folder / "savepoints",
        metrics_ports=f"{first}-{first + PORTS - 1}",
    )
    made.start(taskmanagers=2)
    yield made
    made.stop()


def test_a_killed_taskmanager_cannot_be_seen_in_the_output(rig: Rig, cluster: Cluster) -> None:
    logs = {channel: messages(log(captured(channel, SECONDS), demo_term(), channel)) for channel in CHANNELS}
    played = {channel: canonical_bytes(play(logs[channel], channel, demo_resources())) for channel in CHANNELS}
    job = cluster.submit("jobs.trade", *rig.trade_arguments())
    writers = [
        threading.Thread(target=rig.write, args=(channel, logs[channel], WRITE_S / len(logs[channel])))
        for channel in CHANNELS
    ]
    for writer in writers:
        writer.start()
    until(lambda: any(rig.canonical(channel).get(DECISIONS.name) for channel in CHANNELS), 90, "a first decision")
    (host,) = cluster.rest.hosts(job)
    os.kill(cluster.taskmanager_pids()[host], signal.SIGKILL)
    cluster.add_taskmanager()
    for writer in writers:
        writer.join()
    until(lambda: all(rig.canonical(channel) == played[channel] for channel in CHANNELS), 90, "the uninterrupted bytes")
    assert host not in cluster.rest.hosts(job)
    assert cluster.rest.job_state(job) == "RUNNING"
    assert_flink_tells(cluster, played)
    cluster.rest.cancel(job)


def assert_flink_tells(cluster: Cluster, played: dict[int, dict[str, bytes]]) -> None:
    """The operator's counts are in Flink's own pages, under the names of the table, from before the kill on."""
    text = (cluster._folder / "conf" / "config.yaml").read_text()
    [first] = re.findall(r"prometheus\.port: (\d+)-", text)
    pages = "".join(page(port) for port in range(int(first), int(first) + PORTS))
    for metric in (one.name for one in METRICS if one.by == ("flink",)):
        for channel in CHANNELS:
            assert re.search(rf'^{metric}\{{.*channel="{channel}".*\}} [0-9.E]+$', pages, re.M), metric
    [decisions] = re.findall(rf'^{FLINK}decisions\{{.*channel="0".*\}} ([0-9.E]+)$', pages, re.M)
    assert 0 < float(decisions) <= len(played[0][DECISIONS.name]) / DECISION.itemsize
    assert "flink_jobmanager_job_lastCheckpointCompletedTimestamp{" in pages
    assert "flink_taskmanager_job_task_operator_pendingRecords{" in pages


def page(port: int) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""  # fewer JVMs than ports


def busy_settings(folder: Path) -> Path:
    """The demonstration's configuration with a round trip every 2 seconds: a kill soon meets an order."""
    text = SETTINGS.read_text().replace("round_trip_ns = 30_000_000_000", "round_trip_ns = 2_000_000_000")
    text = text.replace("orders_per_minute_max = 60", "orders_per_minute_max = 600")
    path = folder / "busy.toml"
    path.write_text(text.replace("orders_per_minute_max = 120", "orders_per_minute_max = 1200"))
    return path


class Paper:
    """Feed, gateway and exchange as processes around a channel that the cluster runs."""

    def __init__(self, folder: Path) -> None:
        self.rig, self.folder = Rig(folder), folder / "run"
        self._config = busy_settings(folder)
        self._jobs = Supervisor(self.folder / "processes")
        publish(self.folder, bootstrap=self.rig.bootstrap)
        begin(self.rig.bootstrap, through_gateway(load(self._config)))
        common = ["--bootstrap", self.rig.bootstrap, "--folder", str(self.folder)]
        for name, more in (("exchange", ["--channels", "0,1"]), ("gateway", ["--config", str(self._config)])):
            log = self.folder / "processes" / f"{name}.log"
            self._jobs.start(name, name, *common, *more, ready=partial(_says, log, f"{name} is running"))

    def feed(self, data: Path, pace: float) -> None:
        arguments = ["--bootstrap", self.rig.bootstrap, "--data", str(data), "--config", str(self._config)]
        self._jobs.start("feed", "feed", *arguments, "--pace", str(pace), may_end=True)

    def end_feed(self) -> None:
        self._jobs.check()
        self._jobs.stop("feed", 60)

    def orders(self) -> list[str]:
        """The id of every message of orders.v1, repeats included."""
        found = (message for channel in CHANNELS for message in read_all(self.rig.bootstrap, ORDERS.name, channel))
        return [read_order_message(message.value)[0].id for message in found]

    def taken(self) -> set[str]:
        """The ids that the exchange has taken: what came too late for it is no order that could be doubled."""
        return {entry.id for entry in read_journal(self.folder / JOURNAL) if isinstance(entry, Done)}

    def repeated(self) -> set[str]:
        """Those of them that trade has written more than once."""
        asked = Counter(self.orders())
        return {one for one in self.taken() if asked[one] > 1}

    def log(self, channel: int) -> list[bytes]:
        return [message.value for message in read_all(self.rig.bootstrap, TICKS.name, channel)]

    def close(self) -> None:
        self._jobs.kill_all()
        self.rig.close()


def _says(log: Path, text: str) -> bool:
    return text in log.read_text()


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    made = Paper(Path(tmp_path_factory.mktemp("paper")))
    yield made
    made.close()


def test_no_order_is_lost_or_doubled(paper: Paper, cluster: Cluster) -> None:
    job = cluster.submit("jobs.trade", *paper.rig.trade_arguments())
    paper.feed(CAPTURE, pace=2)  # nearly 3 minutes: more than five kills need
    for _ in range(5):  # until a kill falls between an order and the next checkpoint
        known = len(paper.taken())
        until(lambda known=known: len(paper.taken()) > known, 90, "another order at the exchange")
        (host,) = cluster.rest.hosts(job)
        os.kill(cluster.taskmanager_pids()[host], signal.SIGKILL)
        cluster.add_taskmanager()
        until(lambda: cluster.rest.is_processing(job), 60, "the job runs again")
        time.sleep(3)
        if paper.repeated():
            break
    assert paper.repeated(), "no kill made trade repeat an order: nothing was shown"
    paper.end_feed()
    until(lambda: reconcile(paper.folder, paper.rig.bootstrap).holds, 60, "the books agree")

    found = reconcile(paper.folder, paper.rig.bootstrap)
    assert found.orders == len(set(paper.orders())) > 0
    assert str(found).endswith("lost 0 doubled 0")

    told, asked = story(paper.folder, paper.rig.bootstrap), Counter(paper.orders())
    taken_each_time = [entry for entry in told.journal for _ in range(asked[entry[0]])]
    assert not agree(told._replace(journal=taken_each_time)).holds, "an exchange without ids would have doubled orders"

    for channel in CHANNELS:  # the log that the killed run produced, decided again
        played = canonical_bytes(play(paper.log(channel), channel, demo_resources()))
        until(lambda c=channel, p=played: paper.rig.canonical(c) == p, 30, f"channel {channel} equals its replay")
        assert played[DECISIONS.name]
