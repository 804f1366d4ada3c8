"""Work that kills its worker; in a module of its own, that a worker imports at once."""

from __future__ import annotations

import os
import signal


def deadly(number: int, hands: int) -> int:
    """Kill this process when the number is 3, else count."""
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number + hands
