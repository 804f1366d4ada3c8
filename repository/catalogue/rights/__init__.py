"""Who may see what: what one may not see does not exist, in every row, count, image and answer alike."""
