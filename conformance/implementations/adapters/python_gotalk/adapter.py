"""An adapter for python-gotalk: lines of JSON on standard input and output, as ../README.md defines.

    python3 adapter.py CHECKOUT

CHECKOUT is a clone of https://github.com/gtaylor/python-gotalk.
"""

import json
import sys

sys.path.insert(0, sys.argv[1])

import gotalk  # noqa: E402
from gotalk.protocol import version01  # noqa: E402
from gotalk.protocol.messages import (  # noqa: E402
    read_message,
    read_version_message,
    write_message,
)

# The fields of each kind, in the order of the parameters of its class. There are no heartbeats.
KINDS = {
    "SingleRequest": ("id", "operation", "payload"),
    "StreamRequest": ("id", "operation", "payload"),
    "StreamRequestPart": ("id", "payload"),
    "SingleResult": ("id", "payload"),
    "StreamResult": ("id", "payload"),
    "ErrorResult": ("id", "payload"),
    "RetryResult": ("id", "wait", "payload"),
    "Notification": ("name", "payload"),
    "ProtocolError": ("code",),
}
ATTRIBUTES = {"id": "request_id"}
LARGEST = {"name": 4095, "payload": 0xFFFFFFFF}
ARGUMENTS = {
    "start": {"protocol"},
    "encode": {"version", "message"},
    "decode": {"version", "chunks", "handshake", "end", "limits"},
    "reset": set(),
    "stop": set(),
}
OTHERS = "listen connect request notify open-stream write end cancel report close drain advance".split()
DESCRIPTION = {
    "implementation": {
        "name": "python-gotalk",
        "version": gotalk.__version__,
        "language": "python",
        "homepage": "https://github.com/gtaylor/python-gotalk",
        "issues": "https://github.com/gtaylor/python-gotalk/issues",
    },
    "roles": {},
    "versions": ["01"],
    "operations": [],
    "limits": LARGEST,
    "features": ["codec"],
}


class Skipped(Exception):
    """The library cannot do this."""


def start(protocol):
    if protocol != 1:
        raise ValueError(f"protocol is {protocol}, wanted 1")
    return DESCRIPTION


def encode(version="01", message=None):
    check_version(version)
    if message is None:
        return {"bytes": hex_of(write_message(version01.ProtocolVersionMessage()))}
    kind = message["kind"]
    if kind not in KINDS:
        raise Skipped(f"python-gotalk has no {kind}")
    values = [message.get(field, "") for field in KINDS[kind]]
    given = [text_of(bytes.fromhex(value)) if isinstance(value, str) else value for value in values]
    try:
        written = write_message(getattr(version01, kind + "Message")(*given))
    except Exception as error:
        return {"refused": {"reason": reason(error)}}
    return {"bytes": hex_of(written)}


def decode(chunks, version="01", handshake=False, end=False, limits={}):
    """Decodes the joined chunks, since the library decodes a buffer of one message."""
    check_version(version)
    if any(limits.get(name, largest) < largest for name, largest in LARGEST.items()):
        raise Skipped("python-gotalk has no limits for names and payloads")
    filled = [index for index, chunk in enumerate(chunks) if chunk]
    last = filled[-1] if filled else 0
    buffer = text_of(bytes.fromhex("".join(chunks)))
    messages = []
    try:
        if handshake:
            version, buffer = read_version_message(buffer[:2]), buffer[2:]
        if buffer:
            messages.append({"chunk": last, "message": fields_of(read_message(buffer, version))})
    except Exception as error:
        return {"messages": [], "refused": {"chunk": last, "reason": reason(error)}}
    return {"messages": messages}


def fields_of(message):
    kind = type(message).__name__.removesuffix("Message")
    fields = {field: getattr(message, ATTRIBUTES.get(field, field)) for field in KINDS[kind]}
    return {
        "kind": kind,
        **{field: hex_of(value) if isinstance(value, str) else value for field, value in fields.items()},
    }


def check_version(version):
    if version != "01":
        raise Skipped(f"python-gotalk does not support version {version}")


def text_of(given):
    """The library works with text. Other bytes are passed as they are."""
    try:
        return given.decode()
    except UnicodeDecodeError:
        return given


def hex_of(text):
    return text.encode().hex()


def reason(error):
    return f"{type(error).__name__}: {error}"


def nothing():
    return {}


COMMANDS = {"start": start, "encode": encode, "decode": decode, "reset": nothing, "stop": nothing}


def answer(line):
    seq = command = None
    try:
        args = json.loads(line)
        seq, command = args.pop("seq", None), args.pop("command", None)
        if command in OTHERS:
            raise Skipped("python-gotalk has no connections")
        if command not in COMMANDS:
            raise ValueError(f"unknown command: {command}")
        if unknown := set(args) - ARGUMENTS[command]:
            raise ValueError(f"{command} has no argument {unknown.pop()}")
        return command, {"seq": seq, **COMMANDS[command](**args)}
    except Skipped as skipped:
        return command, {"seq": seq, "skipped": {"reason": str(skipped)}}
    except Exception as error:
        return command, {"seq": seq, "errored": {"message": reason(error)}}


for line in sys.stdin:
    command, answered = answer(line)
    print(json.dumps(answered), flush=True)
    if command == "stop":
        break
