"""What a session of packets met, for the coverage bins: its messages as the block had to take them, and its ticks."""

from typing import Any

from cocotb.triggers import RisingEdge

from schemas.frame import Records
from schemas.itch import BY_TYPE
from schemas.records import Status, TickFlag, TickKind
from tests.itch import read
from tests.rtl import coverage
from tests.rtl.mold import Receiver
from tests.rtl.session import STEP, Session

_STATUS = {int(Status.GAP): "GAP", int(Status.HALTED): "HALTED", int(Status.TRADING): "TRADING"}


def sample(session: Session, ticks: Records) -> None:
    """The messages that a receiver lets through, and the ticks that left."""
    receiver, sides = Receiver(), dict[int, str]()
    for packet in session.packets:
        receiver.take(packet)
    for name, *values in receiver.events:
        data = values[1] if name == "message" else b""
        if isinstance(data, bytes) and data[:1].decode("latin-1") in BY_TYPE:
            _message(data, session, sides)
    for one in ticks:
        coverage.told(_told(one))


def _message(data: bytes, session: Session, sides: dict[int, str]) -> None:
    if len(data) != BY_TYPE[chr(data[0])].size:
        return
    letter, given = read(data)
    is_ours = given["locate"] in session.members
    coverage.message(letter, "ours" if is_ours else "foreign")
    if not is_ours or letter not in coverage.ORDER_LETTERS:
        return
    side = sides.get(given["reference"], "")
    if letter in "AF":
        side = sides[given["reference"]] = "buy" if given["side"] == ord("B") else "sell"
    if letter == "U":
        sides[given["new_reference"]] = side
    base = int(session.window[session.members[given["locate"]]])
    price = _place(given["price"] - base, session) if letter in "AFU" else ""
    shares = coverage.shares_of(given["shares"]) if letter != "D" else ""
    coverage.order(coverage.Order(letter, side, shares, price))


def _place(above_base: int, session: Session) -> str:
    top = ((1 << session.level_w) - 1) * STEP
    if above_base < 0:
        return "below"
    if above_base > top:
        return "above"
    if above_base % STEP:
        return "off step"
    return {0: "base", top: "top"}.get(above_base, "within")


def _told(tick: Any) -> str:
    kind, side = TickKind(int(tick["kind"])), int(tick["side"])
    if kind == TickKind.STATUS:
        return _STATUS[int(tick["size"])]
    if kind != TickKind.TRADE:
        return kind.name if tick["size"] else "empty side"
    return "TRADE auction" if tick["flags"] & TickFlag.AUCTION else f"TRADE {coverage.SIDES.get(side, 'none')}"


async def watch_fifo(dut: Any) -> None:
    """The FIFO behind the filter, clock by clock; a netlist has it not."""
    if not hasattr(dut, "loss_fifo"):
        return
    depth = 1 << int(dut.loss_fifo.DEPTH_W.value)
    while True:
        await RisingEdge(dut.clk)
        level = (int(dut.loss_fifo.write_at.value) - int(dut.loss_fifo.read_at.value)) % (2 * depth)
        coverage.fifo("empty" if not level else "full" if level == depth else "some", int(dut.loss_fifo.pending.value))
