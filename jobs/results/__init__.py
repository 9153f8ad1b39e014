"""What came of a run: facts, the summary that is compared, the text and the report that people read."""
