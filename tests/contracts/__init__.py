"""One suite per seam; every implementation must pass it."""
