"""The archive: from messages to blocks of rows, where to go on, and the door for questions."""
