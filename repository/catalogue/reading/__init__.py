"""The reading room: a word is searched, found, and lit on the page."""
