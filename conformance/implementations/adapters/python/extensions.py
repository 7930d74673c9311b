"""The extensions that the peer speaks, written from the section on them in codec/README.md alone.

Names and payloads, and the credits of both ends of a stream. Comments name its statements.
"""

import asyncio

CANCEL, CREDIT, DRAIN = b"gotalk:cancel", b"gotalk:credit", b"gotalk:drain"
PREFIX = b"gotalk:"  # extension/name
FIRST = 65_536  # extension/credit-late
WINDOW = 256 << 10
HEX = b"0123456789abcdefABCDEF"


def read_credit(payload):
    """Returns the letter, the ID and the offset of a credit; None if it is malformed (extension/credit-malformed)."""
    letter, id, digits = payload[:1], payload[1:5], payload[5:]
    if len(payload) != 21 or letter not in (b"p", b"S") or digits.strip(HEX):
        return None
    return letter, id, int(digits, 16)


class Credit:
    """What a writer of a stream may write (extension/credit-held)."""

    def __init__(self):
        self._offset, self._begun, self._raised = None, 0, asyncio.Event()

    @property
    def is_left(self):
        return self._offset is None or self._begun < self._offset  # extension/credit-before

    def begin(self, size):
        self._begun += size

    def raise_to(self, offset):
        """Returns whether the offset is higher than before (extension/credit-rises)."""
        if self._offset is not None and offset <= self._offset:
            return False
        self._offset = offset
        self._raised.set()
        return True

    async def wait(self):
        while not self.is_left:
            self._raised.clear()
            await self._raised.wait()


class Grants:
    """The credits that a reader of a stream writes (extension/credit-more, extension/credit-late)."""

    def __init__(self, peer, letter, id):
        self._peer, self._start = peer, letter + id
        self._read = self._taken = self._granted = 0
        self.ended = False

    def read(self, size):
        self._read += size
        self._grant()

    def taken(self, size):
        self._taken += size
        self._grant()

    def _grant(self):
        offset = self._taken + WINDOW
        if self.ended or self._read < FIRST or offset - self._granted < WINDOW // 2:
            return
        self._granted = offset
        self._peer.notify(CREDIT, self._start + b"%016x" % offset)
