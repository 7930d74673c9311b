"""Outgoing requests, incoming streams, and the errors that end them.

Comments name the statements of codec/README.md.
"""

import asyncio
import collections

from codec import number
from extensions import CANCEL, Credit, Grants


class Failure(Exception):
    """An ErrorResult: raised by calls, and by operations to choose its payload."""

    def __init__(self, payload):
        super().__init__(payload.decode(errors="replace"))
        self.payload = payload


class Retry(Exception):
    """A RetryResult: raised by calls, and by operations to send one."""

    def __init__(self, wait, payload):
        super().__init__(payload.decode(errors="replace"))
        number("wait", wait)  # raises if it is out of range
        self.wait, self.payload = wait, payload


class Closed(Exception):
    """The connection was closed before there was a result."""


class Reported(Exception):
    """The remote peer sent a ProtocolError."""

    def __init__(self, code):
        super().__init__(f"the remote peer reported code {code}")
        self.code = code


class Parts:
    """The parts of an incoming stream request, for the operation to iterate over."""

    def __init__(self, peer, id):
        self._peer, self._queue, self._changed = peer, collections.deque(), asyncio.Event()
        self.ended = False
        self._failure = None
        self._grants = Grants(peer, b"p", id)

    def put(self, payload):
        self._queue.append(payload)
        self._peer.unread += len(payload)
        self._grants.read(len(payload))
        self._changed.set()

    def end(self, failure=None):
        self.ended, self._failure = True, failure
        self._grants.ended = True
        self._changed.set()

    def cut(self, failure):
        """Ends with a failure at once: what is not read is dropped."""
        self.drop()
        self.end(failure)

    def drop(self):
        """Drops the parts that are not read (stream/unread)."""
        self._grants.ended = True
        while self._queue:
            self._take()

    def _take(self):
        payload = self._queue.popleft()
        self._peer.unread -= len(payload)
        self._peer.room.set()
        self._grants.taken(len(payload))
        return payload

    async def __aiter__(self):
        idle = self._peer.options["streamIdleTimeout"] / 1000
        while True:
            if self._queue:
                yield self._take()
            elif self._failure:
                raise self._failure
            elif self.ended:
                return
            else:
                self._changed.clear()
                try:
                    await asyncio.wait_for(self._changed.wait(), idle)
                except TimeoutError:
                    raise Failure(b"the stream was idle for too long")


class Call:
    """An outgoing request. `answer` is a future; `parts` are the parts of a streamed result so far."""

    def __init__(self, peer, operation, stream):
        self.peer, self.operation, self.stream = peer, operation, stream
        self.id = peer.fresh_id()
        self.parts, self.answer = [], asyncio.get_running_loop().create_future()
        self._size = 0  # of the parts
        self.answer.add_done_callback(lambda answer: answer.cancelled() or answer.exception())
        self.changed = lambda: None
        self.credit, self._held = Credit(), collections.deque()
        self._grants = Grants(peer, b"S", self.id)
        self._opened = self.serves = False  # serves: it is made to carry out a request

    def write(self, payload):
        """Writes data. The request carries the first data; an empty part would be an end (stream/empty-chunk)."""
        if payload and not self.answer.done():
            self._send(payload)

    def end(self):
        """Ends a stream, which may have no data (stream/end-marker)."""
        if not self.answer.done() and not self._opened:
            self._send(b"")
        if not self.answer.done():
            self._send(b"")

    def _send(self, payload):
        if self._opened:
            self._held.append(payload)
            self.send_held()
        else:
            self._opened = True
            self.credit.begin(len(payload))
            self.peer.send("StreamRequest", id=self.id, operation=self.operation, payload=payload)

    def send_held(self):
        """Sends the parts that there is credit for; an end marker needs none (extension/credit-free)."""
        while self._held and not self.answer.done() and (self.credit.is_left or not self._held[0]):
            payload = self._held.popleft()
            self.credit.begin(len(payload))
            self.peer.send("StreamRequestPart", id=self.id, payload=payload)

    def drained(self):
        """Fails a stream that is not opened: the remote peer drains, and takes no request unless it needs it (extension/drain-requests)."""
        if self.stream and not self._opened and not self.serves:
            self.peer.forget(self)
            self.settle(error=Closed("the connection drains"))

    def cancel(self, reason=b""):
        """Gives up the call, and tells the responder, who knows of it (extension/cancel-last)."""
        if self.answer.done():
            return
        if self._opened or not self.stream:
            self.peer.notify(CANCEL, self.id + reason)
        else:
            self.peer.forget(self)
        self.settle(error=Closed("cancelled"))

    def settle(self, value=None, error=None):
        if not self.answer.done():
            self.answer.set_exception(error) if error else self.answer.set_result(value)
        self.changed()

    def take(self, kind, payload, wait):
        """Takes a message of the result; returns whether the result is complete."""
        if payload is None:
            self.settle(error=ValueError("the payload of the answer is too large"))
        elif kind == "ErrorResult":
            self.settle(error=Failure(payload))
        elif kind == "RetryResult":
            self.settle(error=Retry(wait, payload))
        elif payload and kind == "StreamResult":
            if self.stream:  # extension/credit-more, also of what is dropped as nobody wants it
                self._grants.taken(len(payload))
                self._grants.read(len(payload))
            if not self.answer.done():
                self.parts.append(payload)
                self._size += len(payload)
                if not self.stream and self._size > self.peer.options["maxPayload"]:  # limits/joined-answer
                    self.parts.clear()
                    self.settle(error=ValueError("the parts of the answer are too large"))
            self.changed()
            return False
        elif self.stream:  # a SingleResult is a complete answer too (stream/single-answer)
            self.parts += [payload] if payload and not self.answer.done() else []
            self.settle()
        else:  # request/joined-answer
            self.settle(payload if kind == "SingleResult" else b"".join(self.parts))
        return kind != "StreamResult" or payload == b""
