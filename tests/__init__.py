"""The tests: what a user may rely on."""
