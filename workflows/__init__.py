"""The order of things: what is done when, on how many machines, and the commands."""
