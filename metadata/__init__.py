"""The words everyone speaks, and the formats they are written in."""
