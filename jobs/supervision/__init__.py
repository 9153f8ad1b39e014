"""What keeps a run alive: parts that are begun, watched, and begun again when they die or freeze, with a bound."""
