"""The catalogue: SQLite built from bags and journal, to be searched; it can be thrown away at any time."""
