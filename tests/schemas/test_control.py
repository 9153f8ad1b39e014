"""Controls: one document each, read back exactly, anything else refused by name."""

import msgspec
import pytest

from schemas.config import Limits, MoneyLimits
from schemas.control import (
    Epoch,
    Genesis,
    Halt,
    ModelRef,
    NewLimits,
    NewModel,
    Opening,
    Resume,
    control_frame,
    read_control,
)
from schemas.errors import BadFrame, Fault
from schemas.frame import Frame, decode, document, encode
from schemas.records import Kind
from tests.builders import demo_term

LIMITS = Limits(
    money=(MoneyLimits(currency="USDT", order_notional_max=1, position_notional_max=2, loss_max=3),),
    orders_per_minute_max=1,
    open_orders_max=2,
    collar_bp_max=3,
    quote_age_ns_max=4,
)
MODEL = ModelRef(name="m", sha256="00", feature_hash="11", trained_from_ns=1, trained_to_ns=2)
TERM = msgspec.structs.replace(demo_term(), opening=(Opening(strategy="probe", instrument=1, size=-5, cost=-7),))
CONTROLS = (
    Genesis(log_id="abc"),
    TERM,
    Epoch(source=1, epoch=2),
    Halt(by="operator", reason='Übung \x00 with "quotes"'),
    Resume(by="operator"),
    NewLimits(limits=LIMITS),
    NewModel(model=MODEL),
)


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: type(control).__name__)
def test_round_trip(control):
    frame = control_frame(control, channel=1, source=3, epoch=2, sequence=9, log=5)
    found = decode(encode(frame))
    assert read_control(found) == control
    assert (found.kind, len(found), found.log) == (Kind.CONTROL, 1, 5)
    assert encode(frame) == encode(control_frame(control, channel=1, source=3, epoch=2, sequence=9, log=5))


BAD = {
    "no JSON": b"halt!",
    "not our control": b'{"control":"EXPLODE"}',
    "no control": b'{"by":"x","reason":"y"}',
    "a field is missing": b'{"control":"HALT","by":"x"}',
    "a field more": b'{"control":"HALT","by":"x","reason":"y","until":1}',
    "another type": b'{"control":"EPOCH","source":"1","epoch":2}',
    "a number that is none": b'{"control":"EPOCH","source":1,"epoch":2.5}',
    "limits without one limit": msgspec.json.encode(NewLimits(limits=LIMITS)).replace(b'"collar_bp_max":3,', b""),
    "no positive limit": msgspec.json.encode(NewLimits(limits=LIMITS)).replace(
        b'"collar_bp_max":3', b'"collar_bp_max":0'
    ),
    "bytes that are no text": b'{"control":"HALT","by":"\xff","reason":"y"}',
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_control_is_refused(name):
    frame = decode(encode(Frame(Kind.CONTROL, 0, 3, 1, 4, document(BAD[name]))))
    with pytest.raises(BadFrame, match="control 3/1/4") as error:
        read_control(frame)
    assert error.value.fault is Fault.BAD_DOCUMENT


def test_a_terms_hashes_tell_what_changed():
    other = msgspec.structs.replace(TERM, limits=LIMITS)
    changed = {name for name, value in TERM.hashes().items() if other.hashes()[name] != value}
    assert changed == {"limits"}
