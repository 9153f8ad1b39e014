"""Orders: the same decision makes the same bytes, for ever."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import Unsafe
from schemas.records import Side
from schemas.trading import (
    Cancel,
    Order,
    Stamps,
    canonical_order,
    order_hash,
    order_id,
    order_message,
    read_order_message,
)

ORDER = Order(
    id="probe-0-1-7",
    strategy="probe",
    channel=0,
    term=1,
    n=7,
    instrument=1,
    side=Side.SELL,
    price=618_003,
    size=2,
    decision=42,
    decided_ns=1_723_161_300_000_000_000,
    valid_until_ns=1_723_161_301_000_000_000,
)
CANONICAL = (
    b'{"action":"new","id":"probe-0-1-7","strategy":"probe","channel":0,"term":1,"n":7,"instrument":1,"side":1,'
    b'"price":618003,"size":2,"decision":42,"decided_ns":1723161300000000000,"valid_until_ns":1723161301000000000,'
    b'"type":"limit","time_in_force":"ioc","post_only":false,"reduce_only":false,"short":false}'
)
CANCEL = Cancel(id="probe-0-1-8", order_id="probe-0-1-7", channel=0, term=1)
STAMPS = Stamps(published_ns=1, received_ns=2, decided_ns=3)
STAMPS_B = msgspec.structs.replace(STAMPS, replica="b")


def test_canonical_bytes_are_the_golden_ones():
    assert canonical_order(ORDER) == CANONICAL
    assert order_hash(CANONICAL) == "448fc97a29d54f413dfa7cb91080eba02c6ca572ebd71e79481462ae67ce133d"
    assert canonical_order(CANCEL) == (
        b'{"action":"cancel","id":"probe-0-1-8","order_id":"probe-0-1-7","channel":0,"term":1}'
    )


@pytest.mark.parametrize("order", [ORDER, CANCEL], ids=["new", "cancel"])
@pytest.mark.parametrize("stamps", [None, STAMPS, STAMPS_B], ids=["bare", "stamped", "of b"])
def test_messages_round_trip_and_stamps_are_outside(order, stamps):
    found, canonical, told = read_order_message(order_message(order, stamps))
    assert (found, canonical, told) == (order, canonical_order(order), stamps)


def test_only_the_second_replica_says_which_one_it_is():
    assert order_message(ORDER, STAMPS) == CANONICAL + b'\n{"published_ns":1,"received_ns":2,"decided_ns":3}'
    assert order_message(ORDER, STAMPS_B).endswith(b',"replica":"b"}')


@given(
    st.integers(0, 127), st.integers(0, 10**9 - 1), st.integers(0, 10**12 - 1), st.sampled_from(["a", "z9_", "q" * 16])
)
def test_ids_are_unique_for_their_parts(channel, term, n, strategy):
    assert order_id(strategy, channel, term, n).split("-") == [strategy, str(channel), str(term), str(n)]
    assert len(order_id(strategy, channel, term, n)) <= 48  # fits a REPORT


@pytest.mark.parametrize("strategy", ["", "Probe", "a-b", "1a", "a" * 17, "a\n", "ä", "a b"])
def test_a_strategys_name_that_makes_no_id_is_refused(strategy):
    with pytest.raises(Unsafe, match="is not an order id"):
        order_id(strategy, 0, 1, 7)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        CANONICAL[:-1],
        CANONICAL + b"x",
        CANONICAL + b"\n{}",
        CANONICAL.replace(b'"new"', b'"replace"'),
        CANONICAL.replace(b'"short":false', b'"short":false,"more":1'),
        CANONICAL.replace(b'"price":618003', b'"price":6180.03'),
        CANONICAL.replace(b'"ioc"', b'"gtc"'),
    ],
)
def test_anything_else_is_no_order(data):
    with pytest.raises(msgspec.DecodeError):
        read_order_message(data)


def test_sizes_have_the_sign_of_their_side():
    assert (ORDER.signed_size, msgspec.structs.replace(ORDER, side=Side.BUY).signed_size) == (-2, 2)
