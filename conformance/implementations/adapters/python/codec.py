"""Messages of version 01 of the Gotalk protocol, to bytes and back.

A message is a dictionary: its "kind", and the fields of that kind. IDs, operations, names and payloads
are bytes, the rest are numbers. Written from codec/README.md alone; comments name its statements.
"""

LAYOUT = {
    "SingleRequest": ("r", "id", "operation", "payload"),
    "StreamRequest": ("s", "id", "operation", "payload"),
    "StreamRequestPart": ("p", "id", "payload"),
    "SingleResult": ("R", "id", "payload"),
    "StreamResult": ("S", "id", "payload"),
    "ErrorResult": ("E", "id", "payload"),
    "RetryResult": ("e", "id", "wait", "payload"),
    "Notification": ("n", "name", "payload"),
    "Heartbeat": ("h", "load", "time"),
    "ProtocolError": ("f", "code"),
}
KINDS = {letter.encode(): (kind, fields) for kind, (letter, *fields) in LAYOUT.items()}
DIGITS = {"operation": 3, "name": 3, "payload": 8, "wait": 8, "load": 4, "time": 8, "code": 8}
VERSION = b"01"
HEX = b"0123456789abcdefABCDEF"


class Refused(Exception):
    """The bytes are not Gotalk; the code is that of the matching ProtocolError."""

    def __init__(self, reason, code=2):
        super().__init__(reason)
        self.code = code


def encode(message):
    """Returns the bytes of a message. Raises ValueError for fields out of range (wire/range)."""
    letter, *fields = LAYOUT[message["kind"]]
    encoded = letter.encode()
    for field in fields:
        value = message[field]
        if field == "id":
            if len(value) != 4:
                raise ValueError(f"id is {len(value)} bytes, wanted 4")
            encoded += value
        elif isinstance(value, bytes):
            encoded += number(field, len(value)) + value
        else:
            encoded += number(field, value)
    return encoded


def number(field, value):
    digits = DIGITS[field]
    if not 0 <= value < 16**digits:
        raise ValueError(f"{field} is {value}, wanted {digits} hexadecimal digits at most")
    return b"%0*x" % (digits, value)


class Decoder:
    """Reads messages from chunks of bytes, split anywhere.

    A payload that is too large, but not too large to be read, is dropped: the message has None for it.
    """

    def __init__(self, handshake=True, max_name=4095, max_payload=0xFFFFFFFF, max_skip=0):
        self.between = False
        self.version_read = not handshake
        self._limits = (max_name, max_payload, max(max_payload, max_skip))
        self._buffer = bytearray()
        self._steps = self._read()
        self._step = next(self._steps)

    def push(self, chunk):
        """Yields the messages that a chunk completes; raises Refused after them."""
        self._buffer += chunk
        at = 0
        while True:
            if isinstance(self._step, dict):
                yield self._step
                self._step = next(self._steps)
            elif len(self._buffer) - at < (1 if self._step < 0 else self._step):
                break
            else:
                piece = bytes(self._buffer[at : at + abs(self._step)])
                at += len(piece)
                self._step = self._steps.send(piece)
        del self._buffer[:at]

    def end(self):
        """Ends the input (close/inside)."""
        if not self.between:
            raise Refused("truncated")

    def _read(self):
        """Yields messages, and the number of bytes that it needs next; a negative number is a maximum."""
        max_name, max_payload, max_skip = self._limits
        if not self.version_read:
            version = yield from self._number(2, "not-a-version", 1)
            if version != int(VERSION, 16):
                raise Refused("unsupported-version", 1)
            self.version_read = True
        while True:
            self.between = True
            letter = yield 1
            self.between = False
            if letter not in KINDS:
                raise Refused("unknown-kind")
            kind, fields = KINDS[letter]
            message = {"kind": kind}
            for field in fields:
                if field == "id":
                    message[field] = yield 4
                    continue
                value = yield from self._number(DIGITS[field])
                if field in ("operation", "name"):
                    if value > max_name:
                        raise Refused("over-limit")
                    value = (yield value) if value else b""
                elif field == "payload":
                    if value > max_skip:
                        raise Refused("over-limit")
                    if value > max_payload:
                        while value > 0:
                            value -= len((yield -value))
                        value = None
                    else:
                        value = (yield value) if value else b""
                message[field] = value
            yield message

    def _number(self, digits, reason="bad-hex", code=2):
        """Takes digits one by one, since a wrong one must be found at once (error/at-once)."""
        text = b""
        while len(text) < digits:
            text += yield len(text) - digits
            if text.strip(HEX):
                raise Refused(reason, code)
        return int(text, 16)
