"""Where a harvester goes on: a token that says all by itself, so that the server remembers nothing (OAI-PMH 2.0, 3.5).

It names the last record given, not how many were: what was stored, or let go, meanwhile neither repeats nor skips any.
"""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass

LIFE = 24 * 3600
"""Seconds for which a token is good."""


@dataclass(frozen=True, slots=True)
class Token:
    """What was asked (`prefix`, `since`, `until`, `group`: stamps and setSpec, empty: all), and how far it was given.

    `after` is (stamp, identifier) of the last record given, `given` how many were, `expires` seconds since the epoch.
    """

    prefix: str
    since: str = ""
    until: str = ""
    group: str = ""
    after: tuple[str, str] = ("", "")
    given: int = 0
    expires: int = 0

    def text(self) -> str:
        """The token as it travels."""
        told = [self.prefix, self.since, self.until, self.group, *self.after, self.given, self.expires]
        return base64.urlsafe_b64encode(json.dumps(told, separators=(",", ":")).encode()).decode().rstrip("=")

    @staticmethod
    def read(text: str) -> Token:
        """A token read back.

        Raises:
            ValueError: it is none of ours, or no longer good.
        """
        padded = text + "=" * (-len(text) % 4)
        told = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if not (isinstance(told, list) and len(told) == 8 and all(isinstance(each, str) for each in told[:6])):
            raise ValueError("not a token")
        if not all(type(each) is int and 0 <= each < 2**53 for each in told[6:]):
            raise ValueError("not a token")
        prefix, since, until, group, stamp, identifier, given, expires = told
        if expires < time.time():
            raise ValueError("expired")
        return Token(prefix, since, until, group, (stamp, identifier), given, expires)
