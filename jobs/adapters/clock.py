"""The only place that reads the wall clock; what it says is telemetry and pace, never a reason for a decision."""

import time


def wall_ns() -> int:
    """Nanoseconds since 1970 UTC."""
    return time.time_ns()
