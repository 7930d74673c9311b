"""An adapter for the peer in this folder: lines of JSON on standard input and output, as ../README.md defines.

    python3 adapter.py
"""

import asyncio
import json
import sys
from urllib.parse import urlsplit

from calls import Closed, Failure, Reported, Retry
from codec import LAYOUT, VERSION, Decoder, Refused, encode
from operations import KEPT, SINGLE, STREAM, on_notification
from peer import OPTIONS, Peer

ARGUMENTS = {
    "start": {"protocol"},
    "encode": {"version", "message"},
    "decode": {"version", "chunks", "handshake", "end", "limits"},
    "listen": {"transport", "options"},
    "connect": {"address", "options", "timeout"},
    "request": {"connection", "operation", "payload", "retry"},
    "notify": {"connection", "name", "payload"},
    "open-stream": {"connection", "operation"},
    "write": {"call", "payload"},
    "end": {"call"},
    "cancel": {"call"},
    "report": {"call", "connection", "listener", "timeout", "parts", "notes", "heartbeats", "connections"},
    "close": {"connection", "listener", "timeout"},
    "drain": {"connection", "timeout"},
    "advance": {"ms"},
    "reset": set(),
    "stop": set(),
}
DESCRIPTION = {
    "implementation": {"name": "gotalk-example", "version": "1.0.0", "language": "python"},
    "roles": {"acceptor": ["tcp"], "initiator": ["tcp"]},
    "versions": ["01"],
    "operations": sorted({name.decode() for name in [*SINGLE, *STREAM]}),
    "limits": {"name": 4095, "payload": 0xFFFFFFFF},
    "features": [
        "cancel",
        "codec",
        "drain",
        "extensionCancel",
        "extensionCredit",
        "extensionDrain",
        "heartbeat",
        "limits",
        "readTimeout",
        "retry",
        "streams",
    ],
}
BYTES = {"id", "operation", "name", "payload"}


class Skipped(Exception):
    """The peer cannot do this."""


class Watched:
    """A condition that commands can wait for."""

    def __init__(self):
        self._changed = asyncio.Event()

    def change(self, *_):
        self._changed.set()
        self._changed = asyncio.Event()

    async def until(self, enough, timeout):
        """Waits at most the given number of milliseconds."""
        try:
            async with asyncio.timeout(timeout / 1000):
                while timeout and not enough():
                    await self._changed.wait()
        except TimeoutError:
            pass


class Connection(Watched):
    """A connection, from the attempt to open it."""

    def __init__(self, options):
        super().__init__()
        self.options = options
        self.peer = self.failure = None
        self.heartbeats, self.notes_ever, self.heartbeats_ever = [], 0, 0

    def begin(self, reader, writer, acceptor):
        streams = (reader, writer, acceptor)
        self.peer = Peer(*streams, SINGLE, STREAM, on_notification, self.observe, self.options)
        self.peer.notes, self.peer.observe = [], self.observe

    def observe(self, what, **heartbeat):
        if what == "note":
            self.notes_ever += 1
        elif what == "heartbeat":
            self.heartbeats_ever += 1
            self.heartbeats.append(heartbeat)
            del self.heartbeats[:-KEPT]
        self.change()

    @property
    def state(self):
        if self.failure or self.peer and self.peer.closed.is_set():
            return "closed"
        return "open" if self.peer and self.peer.opened.is_set() else "connecting"

    def report(self):
        error = self.failure or self.peer and self.peer.error
        return {
            "state": self.state,
            **({"code": error.code} if isinstance(error, (Refused, Reported)) else {}),
            **({"message": str(error)} if error else {}),
            "notes": list(self.peer.notes) if self.peer else [],
            "heartbeats": list(self.heartbeats),
        }

    async def received(self, notes, heartbeats, timeout):
        await self.until(
            lambda: self.state == "closed"
            or notes + heartbeats > 0
            and self.notes_ever >= notes
            and self.heartbeats_ever >= heartbeats,
            timeout,
        )
        return self.report()


class PendingCall(Watched):
    """A call, and its outcome."""

    def __init__(self, call):
        super().__init__()
        self.call, self.cancelled = call, False
        call.changed = self.change
        call.answer.add_done_callback(self.change)

    def cancel(self):
        if not self.call.answer.done():
            self.cancelled = True
            self.call.cancel()

    async def report(self, parts, timeout):
        call = self.call
        await self.until(lambda: call.answer.done() or 0 < parts <= len(call.parts), timeout)
        outcome = self._outcome()
        if call.stream:
            outcome["parts"] = [part.hex() for part in call.parts]
        return outcome

    def _outcome(self):
        call = self.call
        if not call.answer.done():
            return {"outcome": "stream", "ended": False} if call.stream else {"outcome": "pending"}
        match call.answer.exception():
            case None if call.stream:
                return {"outcome": "stream", "ended": True}
            case None:
                return {"outcome": "result", "payload": call.answer.result().hex()}
            case _ if self.cancelled:
                return {"outcome": "cancelled"}
            case Failure(payload=payload):
                return {"outcome": "error", "payload": payload.hex()}
            case Retry(wait=wait, payload=payload):
                return {"outcome": "retry", "wait": wait, "payload": payload.hex()}
            case Closed() as error:
                return {"outcome": "closed", "message": str(error)}
            case error:
                return {"outcome": "failed", "message": str(error)}


class Listening(Watched):
    def __init__(self):
        super().__init__()
        self.server, self.handles = None, []


class Adapter:
    """Carries out commands, each by the method of its name."""

    def __init__(self):
        self._held, self._count = {}, 0

    async def answer(self, line):
        seq = None
        try:
            args = json.loads(line)
            seq, command = args.pop("seq", None), args.pop("command", None)
            if command not in ARGUMENTS:
                raise ValueError(f"unknown command: {command}")
            if unknown := set(args) - ARGUMENTS[command]:
                raise ValueError(f"{command} has no argument {unknown.pop()}")
            carry_out = getattr(self, command.replace("-", "_"))
            return command, {"seq": seq, **await carry_out(**args)}
        except Skipped as skipped:
            return None, {"seq": seq, "skipped": {"reason": str(skipped)}}
        except Exception as error:
            return None, {"seq": seq, "errored": {"message": f"{type(error).__name__}: {error}"}}

    async def start(self, protocol):
        if protocol != 1:
            raise ValueError(f"protocol is {protocol}, wanted 1")
        return DESCRIPTION

    async def encode(self, version="01", message=None):
        check_version(version)
        if message is None:
            return {"bytes": VERSION.hex()}
        empty = {field: "" for field in LAYOUT[message["kind"]][1:] if field in BYTES}
        try:
            return {"bytes": encode(read_bytes({**empty, **message})).hex()}
        except ValueError as error:
            return {"refused": {"reason": str(error)}}

    async def decode(self, chunks, version="01", handshake=False, end=False, limits={}):
        check_version(version)
        sizes = {f"max_{name}": size for name, size in limits.items()}
        decoder = Decoder(handshake, **sizes)
        messages, index = [], 0
        try:
            for index, chunk in enumerate(chunks):
                for message in decoder.push(bytes.fromhex(chunk)):
                    messages.append({"chunk": index, "message": write_bytes(message)})
            if end:
                decoder.end()
        except Refused as refused:
            why = {"chunk": index, "reason": str(refused), "code": refused.code}
            return {"messages": messages, "refused": why}
        return {"messages": messages}

    async def listen(self, transport, options={}):
        if transport != "tcp":
            raise Skipped(f"the peer does not support the transport {transport}")
        check_options(options)
        listening = Listening()

        async def accepted(reader, writer):
            connection = Connection(options)
            connection.begin(reader, writer, True)
            listening.handles.append(self._hold("connection", connection))
            listening.change()

        listening.server = await asyncio.start_server(accepted, "127.0.0.1", 0)
        port = listening.server.sockets[0].getsockname()[1]
        address = f"tcp://127.0.0.1:{port}"
        return {"listener": self._hold("listener", listening), "address": address}

    async def connect(self, address, options={}, timeout=5000):
        check_options(options)
        connection = Connection(options)
        handle = self._hold("connection", connection)
        url = urlsplit(address)
        if url.scheme != "tcp":
            raise Skipped(f"the peer does not support the transport {url.scheme}")
        try:
            async with asyncio.timeout(timeout / 1000):
                streams = await asyncio.open_connection(url.hostname, url.port)
            connection.begin(*streams, False)
        except OSError as error:  # TimeoutError is one too
            connection.failure = error
        await connection.until(lambda: connection.state != "connecting", timeout)
        return {"connection": handle, **connection.report()}

    async def request(self, connection, operation, payload="", retry=False):
        peer = self._peer(connection)
        if retry:
            raise Skipped("the peer does not repeat requests")
        return self._hold_call(peer.call(operation.encode(), bytes.fromhex(payload)))

    async def notify(self, connection, name, payload=""):
        self._peer(connection).send("Notification", name=name.encode(), payload=bytes.fromhex(payload))
        return {}

    async def open_stream(self, connection, operation):
        return self._hold_call(self._peer(connection).call(operation.encode()))

    async def write(self, call, payload):
        self._find(PendingCall, call).call.write(bytes.fromhex(payload))
        return {}

    async def end(self, call):
        self._find(PendingCall, call).call.end()
        return {}

    async def cancel(self, call):
        self._find(PendingCall, call).cancel()
        return {}

    async def report(self, call=None, connection=None, listener=None, timeout=0, **enough):
        if call is not None:
            return await self._find(PendingCall, call).report(enough.get("parts", 0), timeout)
        if connection is not None:
            notes, heartbeats = enough.get("notes", 0), enough.get("heartbeats", 0)
            return await self._find(Connection, connection).received(notes, heartbeats, timeout)
        listening = self._find(Listening, listener)
        wanted = enough.get("connections", 1)
        await listening.until(lambda: len(listening.handles) >= wanted, timeout)
        return {"connections": list(listening.handles)}

    async def close(self, connection=None, listener=None, timeout=5000):
        if listener is not None:
            self._find(Listening, listener).server.close()
            return {}
        found = self._find(Connection, connection)
        if found.peer:
            found.peer.close()
        return await found.received(0, 0, timeout)

    async def drain(self, connection, timeout=5000):
        found = self._find(Connection, connection)
        if found.peer:
            self._draining = asyncio.create_task(found.peer.drain())
        return await found.received(0, 0, timeout)

    async def advance(self, ms):
        raise Skipped("the peer has no virtual time")

    async def reset(self):
        held, self._held = self._held.values(), {}
        for one in held:
            if isinstance(one, Listening):
                one.server.close()
            elif isinstance(one, Connection) and one.peer:
                one.peer.cut()
        return {}

    async def stop(self):
        return await self.reset()

    def _hold(self, kind, made):
        self._count += 1
        self._held[f"{kind}-{self._count}"] = made
        return f"{kind}-{self._count}"

    def _find(self, kind, handle):
        found = self._held.get(handle)
        if not isinstance(found, kind):
            raise ValueError(f"unknown handle: {handle}")
        return found

    def _peer(self, handle):
        peer = self._find(Connection, handle).peer
        if not peer:
            raise ValueError("the connection is not open")
        return peer

    def _hold_call(self, call):
        return {"call": self._hold("call", PendingCall(call))}


def check_version(version):
    if version != "01":
        raise Skipped(f"the peer does not support version {version}")


def check_options(options):
    if unknown := set(options) - set(OPTIONS):
        raise Skipped(f"the peer has no option {unknown.pop()}")


def read_bytes(message):
    return {key: bytes.fromhex(value) if key in BYTES else value for key, value in message.items()}


def write_bytes(message):
    return {key: value.hex() if isinstance(value, bytes) else value for key, value in message.items()}


async def main():
    adapter, running, stopped = Adapter(), set(), asyncio.Event()
    reader = asyncio.StreamReader(limit=1 << 30)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)

    async def respond(line):
        command, answer = await adapter.answer(line)
        print(json.dumps(answer), flush=True)
        if command == "stop":
            stopped.set()

    async def listen():
        while line := await reader.readline():
            task = asyncio.create_task(respond(line))
            running.add(task)  # The event loop holds tasks by weak references only.
            task.add_done_callback(running.discard)

    first = {asyncio.create_task(listen()), asyncio.create_task(stopped.wait())}
    await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
    await adapter.reset()


if __name__ == "__main__":
    asyncio.run(main())
