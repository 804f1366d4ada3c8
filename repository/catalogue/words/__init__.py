"""What the pages of the catalogue say, a file a room."""
