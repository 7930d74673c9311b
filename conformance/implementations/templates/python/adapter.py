"""An adapter for an implementation of Gotalk.

The conformance suite sends it commands, one on each line, and reads its answers. The page "Adapters" of the
suite defines them. Commands that are not written yet are skipped; their cases fail or do not apply. Write to
standard error whatever you like to see.
"""

import asyncio
import json
import sys

from codec import Decoder, Refused, encode

# The description of the implementation. Add to the lists what it supports.
DESCRIPTION = {
    "implementation": {"name": "my-gotalk", "version": "0.0.0", "language": "python"},
    "roles": {},  # {"acceptor": ["tcp"], "initiator": ["tcp"]}
    "versions": ["01"],
    "operations": [],  # the standard operations: "echo", "fail", …
    "limits": {"name": 4095, "payload": 0xFFFFFFFF},
    "features": ["codec"],  # "streams", "heartbeat", …
}


class Skipped(Exception):
    """The implementation cannot do this."""


async def start(protocol):
    if protocol != 1:
        raise ValueError(f"protocol is {protocol}, wanted 1")
    return DESCRIPTION


async def decode(chunks, handshake=False, end=False, limits=None):
    if handshake or end or limits:
        await not_written()
    decoder = Decoder()
    messages = []
    for index, chunk in enumerate(chunks):
        try:
            for message in decoder.decode(bytes.fromhex(chunk)):
                messages.append({"chunk": index, "message": message})
        except Refused as refused:
            answer = {"chunk": index, "reason": refused.reason, "code": refused.code}
            return {"messages": messages, "refused": answer}
    return {"messages": messages}


async def encode_message(message=None):
    if message is None:  # the version itself
        await not_written()
    try:
        return {"bytes": encode(message).hex()}
    except Refused as refused:
        return {"refused": {"reason": refused.reason}}


async def not_written(**arguments):
    raise Skipped("this adapter does not do that yet")


async def nothing():
    return {}


COMMANDS = {
    "start": start,
    "decode": decode,
    "encode": encode_message,
    "listen": not_written,
    "connect": not_written,
    "request": not_written,
    "notify": not_written,
    "open-stream": not_written,
    "write": not_written,
    "end": not_written,
    "cancel": not_written,
    "report": not_written,
    "close": not_written,
    "drain": not_written,
    "advance": not_written,
    "reset": nothing,  # Close all listeners and connections here.
    "stop": nothing,
}


async def answer(line):
    seq = command = None
    try:
        arguments = json.loads(line)
        seq, command = arguments.pop("seq", None), arguments.pop("command", None)
        if command not in COMMANDS:
            raise ValueError(f"unknown command {command}")
        return command, {"seq": seq, **await COMMANDS[command](**arguments)}
    except Skipped as skipped:
        return command, {"seq": seq, "skipped": {"reason": str(skipped)}}
    except Exception as error:
        return command, {"seq": seq, "errored": {"message": f"{type(error).__name__}: {error}"}}


async def main():
    stopped, running = asyncio.Event(), set()
    lines = asyncio.StreamReader(limit=1 << 30)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)

    async def respond(line):
        command, answered = await answer(line)
        print(json.dumps(answered), flush=True)
        if command == "stop":
            stopped.set()

    async def read():
        # A command may wait, so the next one is read before it is answered.
        while line := await lines.readline():
            task = asyncio.create_task(respond(line))
            running.add(task)
            task.add_done_callback(running.discard)

    ends = {asyncio.create_task(read()), asyncio.create_task(stopped.wait())}
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)


asyncio.run(main())
