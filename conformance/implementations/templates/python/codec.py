"""The beginning of an implementation, which reads and writes Heartbeats.

Write the other kinds here, or import your own implementation in the adapter instead.
"""

import re

INVALID_MESSAGE = 2
"""The code of a ProtocolError for bytes that are no message."""


class Refused(Exception):
    """Raised for bytes that are refused, and for messages that cannot be written."""

    def __init__(self, reason, code=None):
        super().__init__(reason)
        self.reason = reason
        self.code = code


class Decoder:
    """Reads messages from bytes that arrive in pieces."""

    def __init__(self):
        self._bytes = b""

    def decode(self, chunk):
        """Take bytes, and yield the messages that are complete with them."""
        self._bytes += chunk
        while self._bytes:
            if self._bytes[:1] != b"h":
                raise Refused("unknown-kind", INVALID_MESSAGE)
            load = self._number(1, 4)
            time = self._number(5, 8)
            if time is None:
                return
            self._bytes = self._bytes[13:]
            yield {"kind": "Heartbeat", "load": load, "time": time}

    def _number(self, offset, digits):
        """The number in hexadecimal digits at an offset; None if some are yet to arrive."""
        text = self._bytes[offset : offset + digits]
        if not re.fullmatch(rb"[0-9a-fA-F]*", text):
            raise Refused("bad-hex", INVALID_MESSAGE)
        return int(text, 16) if len(text) == digits else None


def encode(message):
    """Return the bytes of a message."""
    if message["kind"] != "Heartbeat":
        raise NotImplementedError(f"cannot write a {message['kind']} yet")
    return b"h" + _hex(message["load"], 4) + _hex(message["time"], 8)


def _hex(number, digits):
    if not 0 <= number < 16**digits:
        raise Refused("out-of-range")
    return b"%0*x" % (digits, number)
