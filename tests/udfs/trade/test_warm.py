"""After `penstock warm` nothing is compiled on the way of a tick, nor on that of the first order."""

import json
import subprocess
import sys

import pytest

from jobs.warm import warm
from tests.builders import demo_resources, demo_term
from udfs.trade.stage import Trade

# A process of its own, as a release's: what it needs must lie in the cache (nothing compiled), and `warm` must have
# loaded it (no kernel that is new in the run). The feed's frames, both exchange modes.
RUN = """
import gc, json
from numba.core import event
from numba.core.dispatcher import Dispatcher

class Compiled(event.Listener):
    names = []
    def on_start(self, event):
        self.names.append(event.data["dispatcher"].py_func.__qualname__)
    def on_end(self, event):
        pass

def loaded():
    found = [one for one in gc.get_objects() if isinstance(one, Dispatcher)]
    return {(one.py_func.__qualname__, str(signature)) for one in found for signature in one.overloads}

event.register("numba:compile", Compiled())
from jobs.warm import warm
from schemas.config import FeedConfig
from tests.builders import captured, demo_resources, demo_term, log, messages
from udfs.play import play
ticks = captured(1, 75)
warm()
before, orders = loaded(), 0
for mode in ("lock-step", "gateway"):
    frames = log(ticks, demo_term(mode), 1, FeedConfig(frame_wait_us_max=50_000))
    orders += sum(len(output.orders) for output in play(messages(frames), 1, demo_resources()))
print(json.dumps([orders, Compiled.names, sorted(loaded() - before)]))
"""


def test_nothing_is_compiled_after_warm() -> None:
    warm()
    done = subprocess.run([sys.executable, "-c", RUN], capture_output=True, text=True, check=True)
    orders, compiled, new = json.loads(done.stdout)
    assert orders > 0 and compiled == [] and new == []


@pytest.mark.parametrize("mode", ["lock-step", "gateway"])
def test_a_dry_order_passes_before_the_first_tick(mode: str) -> None:
    term = demo_term(mode)
    trade = next(one for one in demo_resources().build(term, 0).machines if isinstance(one, Trade))
    before = trade.dump(trade.initial())
    assert [order.n for order in trade.rehearse()] == [1]
    assert trade.dump(trade.initial()) == before
