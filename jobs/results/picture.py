"""What is printed, kept as a picture too."""

import os
import sys

from rich.console import Console

__all__ = ["recording"]

WIDTH = 132


def recording() -> Console:
    """A console that records; without a terminal or COLUMNS to say otherwise, as wide as our widest table."""
    is_told = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(record=True, width=None if is_told else WIDTH)
