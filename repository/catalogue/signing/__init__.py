"""Who comes in: accounts, OpenID Connect, tokens, sessions, and the log of it."""
