"""Terms after terms: what may change between two terms of a log, and what is therefore carried over."""

import msgspec

from schemas.control import Term
from schemas.instrument import Instrument, TickSize, Universe

__all__ = ["changed", "leaving", "refusal"]

# Of an instrument: what feeds features, and what an exchange changes from time to time.
_FREE = {
    "bar_volume": 0,
    "bar_notional": 0,
    "bar_trades": 0,
    "session": None,
    "usual_volume": (),
    "tick_sizes": (TickSize(0, 1),),
    "lot": 1,
    "size_min": 1,
    "shortable": False,
}
_NAMES_ONLY = frozenset({"number", "log_id", "code_version", "cpu_class", "feature_hash", "opening"})


def refusal(term: Term, before: Term | None, log_id: str) -> str:
    """Why a term cannot come into force after another one (None: as the first of its log); empty when it can.

    Numbers follow without holes. What positions and orders mean must not change under them: the instruments and the
    kind of exchange stay (but for what feeds features, and steps, lots and short sales). Strategies come, change place
    and options, and leave; whether one that leaves holds nothing is known to the channel alone. One must be there: what
    was lost counts on, and somebody's account has to carry it.
    """
    if not log_id or term.log_id != log_id:
        return f"it names log {term.log_id or 'none'}, this log is {log_id or 'without a name'}"
    if term.feature_hash != term.feature_set.hash:
        return f"its features are {term.feature_hash[:12]}, this code computes {term.feature_set.hash[:12]}"
    if before is None:
        return ""
    if term.number != before.number + 1:
        return f"its number is {term.number}, term {before.number} is in force: expected {before.number + 1}"
    if _traded(term.universe) != _traded(before.universe):
        return "its universe is another: other instruments or channels begin another log"
    if term.exchange.mode != before.exchange.mode:
        return f"its exchange is {term.exchange.mode}, orders of term {before.number} went to {before.exchange.mode}"
    if before.strategies and not term.strategies:
        return f"no strategy is left: what those of term {before.number} have lost would be forgotten"
    return ""


def leaving(term: Term, before: Term) -> tuple[str, ...]:
    """The strategies of a term that the next one does not have.

    >>> from tests.builders import demo_term
    >>> import msgspec
    >>> term = demo_term()
    >>> leaving(msgspec.structs.replace(term, strategies=term.strategies[:1]), term)
    ('probe',)
    """
    stay = {one.name for one in term.strategies}
    return tuple(one.name for one in before.strategies if one.name not in stay)


def changed(term: Term, before: Term) -> frozenset[str]:
    """The fields that configure a decision and are not the same in both; another universe feeds features otherwise.

    >>> from tests.builders import demo_term
    >>> import msgspec
    >>> term = demo_term()
    >>> sorted(changed(msgspec.structs.replace(term, number=2, models=()), term))
    ['models']
    """
    fields = [name for name in term.__struct_fields__ if name not in _NAMES_ONLY]
    found = {name for name in fields if getattr(term, name) != getattr(before, name)}
    return frozenset(found | {"features"} if "universe" in found else found)


def _traded(universe: Universe) -> list[Instrument]:
    return [msgspec.structs.replace(one, **_FREE) for one in universe.instruments]
