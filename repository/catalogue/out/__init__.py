"""What leaves the catalogue for other machines: harvesting, open data, feeds, streams, measures."""
