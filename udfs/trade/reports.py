"""What the gateway, or the exchange in the channel, reports: brought into accounts and working orders."""

from collections.abc import Sequence

import numpy as np

from schemas.frame import Records
from schemas.instrument import Instrument
from schemas.records import REPORT, Side
from schemas.trading import TERMINAL, ReportKind
from udfs.risk.account import apply_fill
from udfs.trade.state import TradeState

_NAMES = REPORT.names or ()


def take_report(state: TradeState, report: Records, instruments: Sequence[Instrument]) -> None:
    """Bring accounts and working orders up to one report; one for an order that is not ours changes nothing.

    A corrected or busted fill halts: what we hold is then for a person to say (a new term's opening positions).
    """
    told = dict(zip(_NAMES, report.item(), strict=True))
    kind = told["kind"]
    if kind in (ReportKind.FILL_CORRECT, ReportKind.FILL_BUST):
        state.ledger.halted = True
        return
    working = state.ledger.working.get(told["order_id"].decode())
    if working is None:
        return
    account = state.accounts[working.strategy, working.instrument]
    if kind == ReportKind.FILL:
        side, size = told["side"], told["size"]
        apply_fill(account, instruments[working.instrument], side, told["price"], size, told["fee"])
        signed = size if side == Side.BUY else -size
        working.signed_left -= signed
        account["working"] -= signed
    if kind in TERMINAL or (kind == ReportKind.FILL and told["leaves"] == 0):
        account["working"] -= working.signed_left
        del state.ledger.working[working.id]


def gathered(reports: list[bytes]) -> Records:
    """Reports that came back, as one array."""
    return np.frombuffer(b"".join(reports), REPORT)
