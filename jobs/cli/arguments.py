"""Arguments that several processes read."""

import argparse

from schemas.instrument import CHANNELS_MAX


def channel_numbers(text: str) -> tuple[int, ...]:
    """Channel numbers with commas between them, as a type for argparse.

    >>> channel_numbers("0,3")
    (0, 3)
    """
    try:
        found = tuple(int(one) for one in text.split(","))
    except ValueError:
        found = ()
    if not found or len(set(found)) < len(found) or not all(0 <= one < CHANNELS_MAX for one in found):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a list of channels such as 0,1 (each once, 0 to {CHANNELS_MAX - 1})"
        )
    return found
