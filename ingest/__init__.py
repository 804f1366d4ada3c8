"""From the scanner to a page image worth reading."""
