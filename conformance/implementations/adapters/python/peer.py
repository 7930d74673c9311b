"""A peer for version 01 of the Gotalk protocol, over streams of asyncio.

Written from codec/README.md alone; comments name its statements. Options have the names and the
units of the adapters' page.
"""

import asyncio
import collections
import contextvars
import itertools
import random
import time

from calls import Call, Closed, Failure, Parts, Reported, Retry
from codec import VERSION, Decoder, Refused, encode
from extensions import CANCEL, CREDIT, DRAIN, PREFIX, Credit, read_credit

OPTIONS = {
    "streams": True,
    "maxConcurrentRequests": 256,
    "maxConcurrentStreams": 64,
    "overloadWait": (500, 5000),
    "heartbeatInterval": 20_000,
    "readTimeout": 45_000,
    "handshakeTimeout": 5_000,
    "maxPayload": 16 << 20,
    "maxSkip": 64 << 20,
    "maxName": 4095,
    "maxInboundBytes": 8 << 20,
    "streamIdleTimeout": 120_000,
}
ENDED_STREAMS = 1024  # limits/ended-streams
IDLE_BURST, IDLE_RATE = 10_000, 1_000  # limits/idle-messages
LINGER = 1.0  # error/linger
MOST_UNWRITTEN = 64 << 20  # beyond it nothing is read
QUIET = 0.1  # how long a draining peer still refuses requests that are on their way, in seconds
SERVING = contextvars.ContextVar("serving", default=None)  # the peer whose request is carried out


class Serving:
    """A request that is carried out, until its operation has stopped (extension/cancel-running)."""

    def __init__(self, id, parts=None):
        self.id, self.parts, self.task = id, parts, None
        self.credit, self.answered = Credit(), False


class Peer:
    """A peer. The conversation starts when it is created.

    `single` and `stream` map operations to `async def (peer, payload)` and to asynchronous generators
    `(peer, parts)`; `on_notification(peer, name, payload)` receives notifications, and `observe(what, …)` events.
    """

    def __init__(self, reader, writer, acceptor, single, stream, on_notification, observe, options):
        self.options = {**OPTIONS, **options}
        self.opened, self.closed = asyncio.Event(), asyncio.Event()
        self.error = None
        self.unread, self.room = 0, asyncio.Event()
        self._reader, self._writer = reader, writer
        self._expects_life = acceptor  # heartbeat/armed
        self._single, self._observe = single, observe
        self._on_notification = on_notification
        self._stream = stream if self.options["streams"] else {}
        self._calls, self._ids = {}, itertools.count(1)
        self._running, self._running_streams, self._streams = set(), set(), {}
        self.draining = self._remote_drains = self._input_over = False
        self._ended_streams = collections.OrderedDict()
        self._tasks = set()
        self._idle, self._idle_at = 0.0, time.monotonic()
        self._conversation = asyncio.create_task(self._converse())
        self._conversation.add_done_callback(self._ended)

    def fresh_id(self):
        return next(
            id for n in self._ids if (id := (n % 2**32).to_bytes(4, "big")) not in self._calls
        )

    def call(self, operation, payload=None):
        """Sends a request; without a payload, a stream request, to be written to."""
        call = Call(self, operation, payload is None)
        if self.closed.is_set() or self._input_over or self._conversation.cancelling():
            call.settle(error=Closed("the connection is closed"))
            return call
        if (self.draining or self._remote_drains) and SERVING.get() is not self:
            call.settle(error=Closed("the connection drains"))  # extension/drain-requests
            return call
        call.serves = SERVING.get() is self
        self._calls[call.id] = call
        if payload is not None:
            try:
                self.send("SingleRequest", id=call.id, operation=operation, payload=payload)
            except ValueError as error:
                del self._calls[call.id]
                call.settle(error=error)
        return call

    def send(self, kind, **fields):
        self._writer.write(encode({"kind": kind, **fields}))

    def notify(self, name, payload):
        if not self.closed.is_set():
            self.send("Notification", name=name, payload=payload)

    def forget(self, call):
        self._calls.pop(call.id, None)

    def close(self):
        self._conversation.cancel()

    async def drain(self):
        """Completes what is in flight, then closes (extension/drain-answers)."""
        if not self.draining:  # extension/drain-final
            self.draining = True
            self.notify(DRAIN, b"")
        while self._calls or self._running or self._running_streams:
            await asyncio.sleep(0.01)
        await asyncio.sleep(QUIET)
        self.close()

    def cut(self):
        self._writer.transport.abort()
        self.close()

    async def _converse(self):
        self._writer.write(VERSION)
        try:
            await self._read()
        except (Refused, Reported, OSError) as error:
            self.error = error
        except asyncio.CancelledError:
            pass  # The local peer closed the connection.
        for call in list(self._calls.values()):
            call.settle(error=Closed(str(self.error or "the connection was closed")))
        for task in self._tasks:
            task.cancel()
        try:
            if isinstance(self.error, Refused):  # error/last, error/linger
                self.send("ProtocolError", code=self.error.code)
                self._writer.write_eof()
                await asyncio.wait_for(self._drop(), LINGER)
        except (OSError, TimeoutError):
            pass
        self._writer.close()

    def _ended(self, _):
        self.closed.set()
        self._observe("closed")

    async def _drop(self):
        while await self._reader.read(65536):
            pass

    async def _read(self):
        loop = asyncio.get_running_loop()
        options = self.options
        limits = {"max_name": options["maxName"], "max_payload": options["maxPayload"]}
        decoder = Decoder(max_skip=options["maxSkip"], **limits)
        deadline = loop.time() + options["handshakeTimeout"] / 1000
        while True:
            try:
                chunk = await asyncio.wait_for(
                    self._reader.read(65536), deadline and max(0, deadline - loop.time())
                )
            except TimeoutError:
                raise Refused("nothing arrived for too long", 3)
            if not chunk:
                decoder.end()
                return await self._input_ended()
            progress = False
            for message in decoder.push(chunk):
                progress = True
                self._open()
                self._take(**message)
                await asyncio.sleep(0)  # The handler starts before the next message is read.
            if self._writer.transport.get_write_buffer_size() > MOST_UNWRITTEN:
                await self._writer.drain()
            while self.unread > options["maxInboundBytes"]:  # limits/unread
                self.room.clear()
                await self.room.wait()
            if decoder.version_read:
                progress |= self._open()
                if not options["readTimeout"] or not self._expects_life:
                    deadline = None
                elif progress:  # heartbeat/restart, once it reads on
                    deadline = loop.time() + options["readTimeout"] / 1000

    def _open(self):
        """Handles the version; returns whether it was read for the first time."""
        if self.opened.is_set():
            return False
        self.opened.set()
        self._observe("opened")
        if self.options["heartbeatInterval"]:
            self._start(self._beat())
        return True

    async def _beat(self):
        while True:  # heartbeat/first
            self.send("Heartbeat", load=0, time=int(time.time()) % 2**32)
            await asyncio.sleep(self.options["heartbeatInterval"] / 1000)

    async def _input_ended(self):
        """Ends the input: pending requests are still answered (close/half-close), streams are cut (stream/cut)."""
        self._input_over = True
        for call in list(self._calls.values()):
            call.settle(error=Closed("the remote peer ended the connection"))
        for serving in self._streams.values():
            if not serving.parts.ended:
                serving.parts.end(Closed("the stream was cut"))
        tasks = [serving.task for serving in [*self._running, *self._running_streams]]
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, coroutine, context=None):
        task = asyncio.create_task(coroutine, context=context)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _take(self, kind, id=b"", payload=b"", wait=0, **fields):
        match kind:
            case "SingleRequest":
                self._serve(id, fields["operation"], payload)
            case "StreamRequest":
                self._serve_stream(id, fields["operation"], payload)
            case "StreamRequestPart":
                self._take_part(id, payload)
            case "Notification" if fields["name"].startswith(PREFIX):  # extension/unknown
                if payload is not None:
                    self._take_extension(fields["name"], payload)
            case "Notification":
                if payload is not None:
                    self._start(self._notified(fields["name"], payload))
            case "Heartbeat":
                self._expects_life = True
                self._observe("heartbeat", **fields)
                self._count_idle()
            case "ProtocolError":
                raise Reported(fields["code"])
            case _:
                call = self._calls.get(id)
                if call is None:
                    self._count_idle()  # request/unknown-answer
                elif call.take(kind, payload, wait):
                    del self._calls[id]

    def _take_extension(self, name, payload):
        if name not in (CANCEL, CREDIT, DRAIN):
            return
        takers = {CANCEL: self._take_cancel, CREDIT: self._take_credit, DRAIN: self._take_drain}
        if not takers[name](payload):
            self._count_idle()  # extension/any-time, extension/rate

    def _take_cancel(self, payload):
        """Acts on a cancel; returns whether it has changed anything, as the others do."""
        id = payload[:4]
        for serving in [*self._running, *self._running_streams]:
            if serving.id == id and not serving.answered:
                self._answer_failure(serving, Failure(b"cancelled"))
                if serving.parts:
                    serving.parts.cut(Closed("the request was cancelled"))  # extension/cancel-input
                    self._forget_stream(id)
                serving.task.cancel()  # extension/cancel-handler
                return True
        return False

    def _take_credit(self, payload):
        letter, id, offset = read_credit(payload) or (None, None, 0)
        if letter == b"S" and id in self._streams:
            return self._streams[id].credit.raise_to(offset)
        call = self._calls.get(id) if letter == b"p" else None
        if call is None or not call.stream or not call.credit.raise_to(offset):
            return False
        call.send_held()
        return True

    def _take_drain(self, _):
        was, self._remote_drains = self._remote_drains, True
        for call in list(self._calls.values()):
            call.drained()
        return not was

    def _count_idle(self):
        now = time.monotonic()
        self._idle = max(0.0, self._idle - (now - self._idle_at) * IDLE_RATE) + 1
        self._idle_at = now
        if self._idle > IDLE_BURST:
            raise Refused("too many unproductive messages")

    async def _notified(self, name, payload):
        try:
            await self._on_notification(self, name, payload)
        except Exception:
            pass  # notify/handler-failure

    def _refusal(self, operation, payload, operations, running, limit):
        """Returns why a request cannot be handled, or None."""
        if payload is None:
            return Failure(b"the payload is too large")
        if operation not in operations:
            return Failure(b"unknown operation")
        if self.draining and not self._calls:  # extension/drain-answers
            return Retry(random.randint(*self.options["overloadWait"]), b"shutting down")
        if running >= self.options[limit]:  # limits/requests, limits/wait
            return Retry(random.randint(*self.options["overloadWait"]), b"too many requests")

    def _answer_failure(self, serving, error):
        if serving.answered:
            return
        id, serving.answered = serving.id, True
        if isinstance(error, Retry):
            self.send("RetryResult", id=id, wait=error.wait, payload=error.payload)
        else:  # request/failure-text
            payload = error.payload if isinstance(error, Failure) else b"internal error"
            self.send("ErrorResult", id=id, payload=payload)

    def _serve(self, id, operation, payload):
        running = len(self._running)
        refusal = self._refusal(operation, payload, self._single, running, "maxConcurrentRequests")
        serving = Serving(id)
        if refusal:
            return self._answer_failure(serving, refusal)
        self._run(serving, self._answer(serving, self._single[operation], payload), self._running)

    def _run(self, serving, coroutine, running):
        context = contextvars.copy_context()
        context.run(SERVING.set, self)
        serving.task = self._start(coroutine, context)
        running.add(serving)
        serving.task.add_done_callback(lambda _: running.discard(serving))

    async def _answer(self, serving, handler, payload):
        try:
            result = await handler(self, payload)
            if not serving.answered:  # extension/cancel-answer
                self.send("SingleResult", id=serving.id, payload=result)
                serving.answered = True
        except Exception as error:
            self._answer_failure(serving, error)
        await self._writer.drain()

    def _serve_stream(self, id, operation, payload):
        if id in self._streams:  # stream/duplicate-id
            raise Refused("the ID of a stream in flight was reused")
        running = len(self._running_streams)
        refusal = self._refusal(operation, payload, self._stream, running, "maxConcurrentStreams")
        if refusal:
            self._answer_failure(Serving(id), refusal)
            return self._forget_stream(id)
        serving = self._streams[id] = Serving(id, Parts(self, id))
        if payload:
            serving.parts.put(payload)
        answering = self._answer_stream(serving, self._stream[operation])
        self._run(serving, answering, self._running_streams)

    async def _answer_stream(self, serving, handler):
        try:
            async for part in handler(self, serving.parts):
                await serving.credit.wait()  # extension/credit-held
                if serving.answered:
                    return
                if part:
                    serving.credit.begin(len(part))
                    self.send("StreamResult", id=serving.id, payload=part)
                    await self._writer.drain()
            if not serving.answered:
                self.send("StreamResult", id=serving.id, payload=b"")
                serving.answered = True
        except Exception as error:
            self._answer_failure(serving, error)
        if self._streams.get(serving.id) is serving:
            self._forget_stream(serving.id)

    def _forget_stream(self, id):
        serving = self._streams.pop(id, None)
        if serving:
            serving.parts.drop()
        self._ended_streams[id] = True
        self._ended_streams.move_to_end(id)
        if len(self._ended_streams) > ENDED_STREAMS:
            self._ended_streams.popitem(last=False)

    def _take_part(self, id, payload):
        if id not in self._streams:
            if id not in self._ended_streams:
                raise Refused("a part of a stream that was never opened")
            return self._count_idle()  # stream/late-parts
        serving = self._streams[id]
        parts = serving.parts
        if parts.ended:
            self._count_idle()  # stream/part-after-end
        elif payload is None:  # limits/part-payload
            serving.task.cancel()
            self._answer_failure(serving, Failure(b"a part is too large"))
            self._forget_stream(id)
        elif payload:
            parts.put(payload)
        else:
            parts.end()
