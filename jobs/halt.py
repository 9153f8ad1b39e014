"""`halt`, `resume`: stop every order at once, let them go again.

The flag in the run's folder is what the gateway asks before every order; it works with Kafka down. The control in the
channels' logs stops the decisions, too; it is written if the logs can be reached, and it is said whether they were.
"""

from pathlib import Path

from jobs.adapters import endpoints
from jobs.adapters.clock import wall_ns
from jobs.execution.flag import Flag, FlagState
from schemas.errors import PenstockError

__all__ = ["halt", "resume"]


def halt(folder: Path, reason: str, by: str) -> list[str]:
    """Stop every order; what was reached, line by line. OSError: the flag could not be written."""
    return _set(folder, FlagState(halted=True, by=by, reason=reason, wall_ns=wall_ns()))


def resume(folder: Path, by: str) -> list[str]:
    """Lift a halt; what was reached, line by line. A channel that a fault has halted stays halted."""
    return _set(folder, FlagState(halted=False, by=by, wall_ns=wall_ns()))


def _set(folder: Path, flag: FlagState) -> list[str]:
    Flag(folder).write(flag)
    lines = [f"gateway: {'no order leaves' if flag.halted else 'orders may leave'} from now on ({Flag(folder).path})"]
    try:
        bootstrap = endpoints.read(folder).get("bootstrap")
        if bootstrap is None:
            return [*lines, f"channels: NOT reached, no broker is known here; {_without_logs(flag)}"]
        # Imported only now: what stops orders must not wait for what tells of it.
        from jobs.execution.announce import announce

        return lines + announce(bootstrap, flag)
    except PenstockError as error:
        return [*lines, f"channels: NOT all reached: {error}"]


def _without_logs(flag: FlagState) -> str:
    if flag.halted:
        return "decisions go on, orders are stopped by the flag"
    return "a HALT in their logs stays in force"
