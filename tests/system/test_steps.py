"""The steps of README's section Submit, taken from there: from an empty broker to a run that is reconciled."""

import json
import re
import shlex
import signal
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.adapters.broker import Broker
from jobs.adapters.processes import Process
from jobs.campaign.busy import busy_config
from jobs.cluster import local_cluster
from jobs.settled import Settled
from jobs.upgrading.cut import cut
from schemas import metrics
from tests.builders import CAPTURE
from tests.system.rig import penstock, until

pytestmark = [pytest.mark.system, pytest.mark.timeout(400)]
README = Path(__file__).parents[2] / "README.md"
SECONDS, PACE = 100.0, 6
CHANNELS = (0, 1)
RUNNING = ("archive", "exchange", "gateway")
# Whatever the machine's load, these go up; whether an order is still young enough at the gateway depends on it.
MOVED = {
    one.name
    for one in (metrics.ARCHIVED, metrics.TICKS, metrics.FRAMES, metrics.FEATURES, metrics.DECISIONS, metrics.ORDERS)
}


def steps() -> list[list[str]]:
    """The commands of the section's first block, without what is said of them."""
    section = README.read_text().split("\n## Submit\n")[1]
    lines = section.split("```")[1].strip().splitlines()
    return [shlex.split(re.sub(r"\s*&?\s*#.*", "", line)) for line in lines]


def metric_of(series: str) -> str:
    """The metric of a sample: a histogram's are named after their parts."""
    return re.sub("_(bucket|count|sum)$", "", series.partition("{")[0])


def moved(before: dict[str, float], after: dict[str, float]) -> set[str]:
    """The metrics of which a sample is another one now."""
    return {metric_of(series) for series, value in after.items() if before.get(series, 0.0) != value}


class Hands:
    """Somebody who types the steps, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._broker = folder / "run", Broker(folder / "broker")
        self.bootstrap = self._broker.start()
        self._words = {
            "BROKER": self.bootstrap,
            "DSN": f"chdb://{folder / 'warehouse'}",
            "FOLDER": str(cut(CAPTURE, folder / "data", SECONDS)),
            "mine.toml": str(busy_config(folder)),
            "1": str(PACE),  # in place of the past's own pace
        }
        self.processes: dict[str, Process] = {}

    def do(self, step: list[str], status: int = 0) -> str:
        """What a step says; the processes are left running once they say that they run."""
        words = [self._words.get(word, word) for word in step[1:]]
        if words[0] != "provision":
            words += ["--folder", str(self.folder)]
        if words[0] in RUNNING:
            self._start(words[0], words)
            return ""
        process = penstock(*words)
        output, error = process.communicate(timeout=240)
        assert process.returncode == status, output + error
        return output + error

    def told(self) -> dict[str, float]:
        """Every sample on the pages of the processes that run, by its name and labels."""
        found = {}
        for name in RUNNING:
            [target] = json.loads((self.folder / "metrics" / f"{name}.json").read_text())
            with urllib.request.urlopen(f"http://{target['targets'][0]}/metrics", timeout=5) as page:
                lines = page.read().decode().splitlines()
            found |= {key: float(value) for key, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")}
        return found

    def _start(self, name: str, words: list[str]) -> None:
        process = self.processes[name] = Process(name, self.folder / "processes")
        process.start([sys.executable, "-P", "-m", "jobs.main", *words])
        process.wait_ready(lambda: process.said(f"{name} is running"), 60)

    def close(self) -> None:
        for process in self.processes.values():
            process.stop(30, signal.SIGTERM)
        cluster = local_cluster(self.folder)
        cluster.attach()
        cluster.stop()
        self._broker.stop()


@pytest.fixture
def hands(tmp_path: Path) -> Iterator[Hands]:
    made = Hands(tmp_path)
    yield made
    made.close()


def test_the_steps_of_the_readme_make_a_run(hands: Hands) -> None:
    provision, begin, *middle, feed, status, reconcile = steps()
    hands.do(provision)
    assert "have not begun: `penstock begin`" in hands.do(feed, status=1)
    begun = hands.do(begin)
    assert "in term 1; orders go to the gateway" in begun
    assert hands.do(begin) == begun
    for step in middle:
        hands.do(step)
    settled = Settled(hands.bootstrap, CHANNELS, hands.folder)
    until(settled.is_read, 120, "trade has read the logs")
    before = hands.told()
    hands.do(feed)
    until(settled, 120, "every order is at its end")
    until(lambda: moved(before, hands.told()) >= MOVED, 10, "the pages tell of all that has happened")
    assert "alive" in hands.do(status)
    said = hands.do(reconcile)
    assert "lost 0 doubled 0" in said and not said.startswith("orders 0,")
