"""Ending a connection the hard way."""

import contextlib
import os
import socket
import struct

# "abort on close": linger for no time at all (struct linger is two shorts on Windows)
_LINGER = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


def reset_on_close(connection: socket.socket) -> None:
    """Makes the close that follows a reset for the other side; quietly nothing if it is closed already."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
