"""What earlier releases' gateways remembered of a hot pair goes on under the code of today."""

import pytest

from jobs.execution.pair import Pair
from tests.golden.pair import CHANNELS, LAG_NS, NOW_NS, TOLD, hear, read, releases


@pytest.mark.parametrize("release", releases())
def test_a_state_of_a_release_goes_on(release: str) -> None:
    told = read(release)
    pair = Pair(CHANNELS, told.state, LAG_NS)
    assert pair.channels[0].reached == {"a": 40_000, "b": 20_000} and pair.channels[0].trailing == ["b"]
    hear(pair, told.later, len(TOLD))
    assert pair.channels == Pair(CHANNELS, told.after, LAG_NS).channels
    assert (pair.channels[0].compared, pair.channels[0].different) == (5, 0)
    told_of = next(pair.alerts(dict.fromkeys(CHANNELS, NOW_NS + 2 * LAG_NS)))
    assert told_of.startswith("channel 0: replica b keeps up")
