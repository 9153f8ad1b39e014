"""What becomes of a feature when every price moves the other way: its opposite, the rest of a whole, or nothing.

Any other word is the name of the feature with which it changes places.
"""

SIGNED, UNSIGNED = "signed", "unsigned"
OF_100, OF_MINUS_100, OF_1 = "of 100", "of -100", "of 1"
WHOLES = {OF_100: 100.0, OF_MINUS_100: -100.0, OF_1: 1.0}
