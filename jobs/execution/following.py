"""The term that may follow the one in force: by what it decides, and what it says is held."""

import time
from pathlib import Path
from typing import NamedTuple

import msgspec

from jobs.adapters.terms import make_term
from jobs.execution.holdings import has_traded, held_by, unrest
from jobs.execution.logs import Logs
from jobs.execution.opening import check_leaving, check_stated, openings, read_opening
from schemas.config import Config
from schemas.control import ModelRef, Term
from schemas.errors import ConfigError, SetupError
from schemas.succession import changed, leaving, refusal

__all__ = ["CARRIED", "Positions", "following", "stated", "unless_in_force"]

REST_S_MAX, REST_ROUND_S = 60.0, 0.5


class Positions(NamedTuple):
    """What a term says of positions: nothing, so that the channels carry their own; what the ledger in `folder` holds;
    or what a file says, which must be the same."""

    folder: Path | None = None
    is_stated: bool = False
    opening: Path | None = None


CARRIED = Positions()


def following(config: Config, model: ModelRef, logs: Logs, channel: int) -> Term:
    """The term of the configuration that could follow the one in force."""
    before = logs.terms.get(channel)
    if before is None:
        raise SetupError(f"the log of channel {channel} has not begun: `penstock begin` begins it")
    exchange = msgspec.structs.replace(config.exchange, mode=before.exchange.mode)  # orders go where they went
    asked = msgspec.structs.replace(config, exchange=exchange)
    one = make_term(asked, model, before.log_id, before.number + 1)
    reason = refusal(one, before, logs.log_id(channel))
    if reason:
        raise ConfigError(f"channel {channel}: term {one.number} cannot follow: {reason}")
    return one


def unless_in_force(one: Term, before: Term, channel: int, positions: Positions) -> Term:
    """The term in force, when it already decides by the same and nothing has moved since it stated what is held."""
    if (one.code_version, one.cpu_class) != (before.code_version, before.cpu_class) or changed(one, before):
        return one
    if not positions.is_stated:
        return before
    assert positions.folder is not None
    is_same = one.opening == before.opening and not has_traded(positions.folder, channel, before.number)
    return before if is_same else one


def stated(terms: dict[int, Term], logs: Logs, bootstrap: str, positions: Positions) -> dict[int, Term]:
    """The terms with what is held, where that is asked for; who leaves holds nothing. Positions must be at rest."""
    if not positions.is_stated and not any(leaving(one, logs.terms[channel]) for channel, one in terms.items()):
        return terms
    folder = positions.folder
    if folder is None or any(one.exchange.mode == "lock-step" for one in terms.values()):
        raise ConfigError(
            "what is held is known where orders go through a gateway with a ledger: only there may a strategy leave, "
            "or a term state its opening positions"
        )
    _rest(logs, bootstrap, folder, tuple(terms))
    instruments = next(iter(terms.values())).universe.instruments
    held = held_by(folder, instruments)
    for channel, one in terms.items():
        check_leaving(leaving(one, logs.terms[channel]), held, instruments)
    if positions.opening is not None:
        check_stated(read_opening(positions.opening, instruments), held, instruments)
    if not positions.is_stated:
        return terms
    return {
        channel: msgspec.structs.replace(one, opening=openings(held, one, channel)) for channel, one in terms.items()
    }


def _rest(logs: Logs, bootstrap: str, folder: Path, channels: tuple[int, ...]) -> None:
    """Until no order is under way; ConfigError while orders may leave, SetupError when something does not end."""
    running = [channel for channel in channels if not logs.is_halted(channel)]
    ends = logs.ends()
    deadline = time.monotonic() + REST_S_MAX
    while moving := unrest(folder, bootstrap, channels, ends):
        if time.monotonic() > deadline:
            raise SetupError(f"not within {REST_S_MAX:.0f} s: {moving}")
        time.sleep(REST_ROUND_S)
    if running:
        raise ConfigError(f"the logs of channels {running} hold no HALT: `penstock halt --reason ...` once more")
