"""What all strategies of a channel have settled, exactly, also where the sum is beyond 64 bits."""

import numpy as np
import pytest

from udfs.risk.account import ACCOUNT
from udfs.trade.view import settled


@pytest.mark.parametrize("seed", range(5))
def test_settled_is_the_exact_sum(seed: int) -> None:
    random = np.random.default_rng(seed)
    accounts = np.zeros((3, 40), ACCOUNT)
    for name in ("realised", "fees"):
        accounts[name] = random.integers(-(2**62), 2**62, accounts.shape) // random.choice([1, 2**40], accounts.shape)
    accounts["size"] = random.integers(-1, 2, accounts.shape)
    members, held = np.sort(random.choice(40, 25, replace=False)), np.zeros((accounts.size, 2), np.int64)
    high, low, count = settled(accounts, members, held)
    own = accounts[:, members]
    assert (high << 32) + low == sum(own["realised"].ravel().tolist()) - sum(own["fees"].ravel().tolist())
    expected = [(at, number) for at in range(3) for number in members.tolist() if accounts[at, number]["size"]]
    assert [tuple(pair) for pair in held[:count].tolist()] == expected


def test_settled_sums_past_the_range() -> None:
    accounts = np.zeros((4, 10), ACCOUNT)
    accounts["realised"], accounts["fees"] = 2**62 - 1, -(2**62) + 1
    high, low, count = settled(accounts, np.arange(10), np.zeros((40, 2), np.int64))
    assert ((high << 32) + low, count) == (40 * 2 * (2**62 - 1), 0)
