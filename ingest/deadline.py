"""The end of an exchange over HTTP that its other end draws out: a byte now and then keeps every time-out waiting."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx

Mark = Callable[[httpx.Request], None]

_CONNECTED = frozenset({"connection.connect_tcp.complete", "connection.start_tls.complete"})


@contextmanager
def cut_off(seconds: float) -> Iterator[Mark]:
    """After `seconds` every connection of a marked request is shut, so that whoever waits for it goes on.

    A body without a told length then seems to end well: who reads it looks at the clock.
    """
    held: list[socket.socket] = []

    def trace(event: str, facts: dict[str, Any]) -> None:
        if event in _CONNECTED:
            held.append(facts["return_value"].get_extra_info("socket"))

    def cut() -> None:
        for each in held:
            with suppress(OSError):
                # Not the method of an SSL socket, which would first take its keys from under the reader.
                socket.socket.shutdown(each, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield lambda request: request.extensions.update(trace=trace)
    finally:
        timer.cancel()
