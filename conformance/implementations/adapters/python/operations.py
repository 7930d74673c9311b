"""The standard operations of adapters, as ../README.md defines them."""

import asyncio
import json

from calls import Failure, Retry

LARGEST = 64 << 20
KEPT = 1000


def fill(length):
    if not 0 <= length <= LARGEST:
        raise Failure(b"cannot create a payload: the size is negative or above 64 MiB")
    return (b"abcdefghijklmnopqrstuvwxyz" * (length // 26 + 1))[:length]


def arguments(payload):
    try:
        values = json.loads(payload)
    except ValueError as error:
        raise Failure(str(error).encode())
    if not isinstance(values, dict):
        raise Failure(b"wanted an object")
    return values


async def echo(peer, payload):
    return payload


async def fail(peer, payload):
    raise Failure(payload)


async def retry(peer, payload):
    values = arguments(payload)
    raise Retry(values["wait"], values["text"].encode())


async def delay(peer, payload):
    values = arguments(payload)
    if values["ms"] < 0:
        raise Failure(b"cannot wait: ms is negative")
    await asyncio.sleep(values["ms"] / 1000)
    return values.get("payload", "ok").encode()


async def hold(peer, payload):
    await asyncio.Event().wait()


async def persist(peer, payload):
    until = asyncio.get_running_loop().time() + arguments(payload)["ms"] / 1000
    while (left := until - asyncio.get_running_loop().time()) > 0:
        try:
            await asyncio.sleep(left)
        except asyncio.CancelledError:
            pass
    return b"ok"


async def watch(peer, payload):
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        remember(peer, b"cancelled", b"")
        raise


async def size(peer, payload):
    return fill(arguments(payload)["bytes"])


async def call_back(peer, payload):
    values = arguments(payload)
    call = peer.call(values["operation"].encode(), values["payload"].encode())
    return await call.answer


async def notify_back(peer, payload):
    values = arguments(payload)
    peer.notify(values["name"].encode(), values["payload"].encode())
    return b"ok"


async def stream_back(peer, payload):
    values = arguments(payload)
    call = peer.call(values["operation"].encode())
    call.write(values["payload"].encode())
    call.end()
    await call.answer
    return b"".join(call.parts)


async def echo_later(peer, payload):
    if not payload[:4].isdigit():
        raise Failure(b"cannot wait: the payload does not begin with four digits")
    await asyncio.sleep(int(payload[:4]) / 1000)
    return payload[4:]


async def crash(peer, payload):
    raise RuntimeError(payload.decode(errors="replace"))


async def notes(peer, payload):
    return json.dumps(peer.notes).encode()


async def close_after(peer, payload):
    # Closes after the answer has been written.
    asyncio.get_running_loop().call_soon(peer.close)
    return payload or b"ok"


async def joined(parts):
    return b"".join([part async for part in parts])


async def count(peer, parts):
    values = arguments(await joined(parts))
    for n in range(values["parts"]):
        yield fill(values["bytes"]) if "bytes" in values else str(n + 1).encode()


async def count_fail(peer, parts):
    values = arguments(await joined(parts))
    for n in range(values["parts"]):
        yield fill(values["bytes"]) if "bytes" in values else str(n + 1).encode()
    raise Failure(values["text"].encode())


async def stream_echo(peer, parts):
    async for part in parts:
        yield part


async def stream_length(peer, parts):
    yield str(len(await joined(parts))).encode()


async def stream_fail(peer, parts):
    raise Failure(await joined(parts))
    yield


async def stream_hold(peer, parts):
    yield await asyncio.Event().wait()


async def stream_persist(peer, parts):
    yield await persist(peer, await joined(parts))


async def stream_watch(peer, parts):
    try:
        await joined(parts)
    except (asyncio.CancelledError, Exception):
        remember(peer, b"cut", b"")
        raise
    remember(peer, b"ended", b"")
    yield await asyncio.Event().wait()


async def stream_ignore(peer, parts):
    yield b"ok"


async def stream_crash(peer, parts):
    raise RuntimeError("inside-of-the-program")
    yield


SINGLE = {
    b"call-back": call_back,
    b"close-after": close_after,
    b"crash": crash,
    b"delay": delay,
    b"echo": echo,
    b"echo-later": echo_later,
    b"fail": fail,
    b"hold": hold,
    b"notes": notes,
    b"notify-back": notify_back,
    b"persist": persist,
    b"retry": retry,
    b"size": size,
    b"stream-back": stream_back,
    b"watch": watch,
}
STREAM = {
    b"count": count,
    b"count-fail": count_fail,
    b"crash": stream_crash,
    b"fail": stream_fail,
    b"hold": stream_hold,
    b"ignore": stream_ignore,
    b"persist": stream_persist,
    b"stream-echo": stream_echo,
    b"stream-length": stream_length,
    b"watch": stream_watch,
}


async def on_notification(peer, name, payload):
    """Remembers a notification, and acts on two of them."""
    remember(peer, name, payload)
    if name == b"crash":
        raise RuntimeError("crash")
    if name == b"ask":
        remember(peer, b"asked", await call_back(peer, payload))


def remember(peer, name, payload):
    peer.notes.append({"name": name.decode(errors="replace"), "payload": payload.hex()})
    del peer.notes[:-KEPT]
    peer.observe("note")
