"""What positions and predictions were worth."""
