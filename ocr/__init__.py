"""From a page image to text that can be trusted as far as it says."""
