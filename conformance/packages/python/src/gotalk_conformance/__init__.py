"""The cases that judge implementations of Gotalk, as data.

What is in the files is explained in corpus/README.md. Codec cases are decoded, so that a test needs nothing
else::

    from gotalk_conformance import parametrize

    @parametrize("decode", level="must", version="01")
    def test_decode(case):
        for name, chunks in case.cuts():
            ...
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files as _files
from typing import Any, Iterator, Mapping, Optional, Sequence, Tuple, Union

__all__ = ["CodecCase", "cases", "codec_cases", "files", "parametrize", "to_bytes", "version"]

_LEVELS = ("must", "should", "may", "undefined")
_BYTES_FIELDS = ("id", "operation", "name", "payload")


def files():
    """Return the folder that contains corpus/; corpus/manifest.json lists the case files."""
    return _files(__name__)


def _read(path: str) -> Any:
    return json.loads((files() / "corpus" / path).read_text("utf-8"))


def version() -> str:
    """Return the version of the corpus."""
    return _read("manifest.json")["version"]


def cases(suite: str) -> Iterator[Mapping[str, Any]]:
    """Yield the cases of a suite as they are in the files, without those that were withdrawn.

    The suites are codec, session, websocket, extensions and hostile.
    """
    for file in _read("manifest.json")["files"]:
        if file["path"].startswith(f"{suite}/"):
            for case in _read(file["path"])["cases"]:
                if "withdrawn" not in case:
                    yield case


def to_bytes(value: Union[str, Sequence[Mapping[str, Any]]]) -> bytes:
    """Return the bytes that a text or a list of segments stands for."""
    if isinstance(value, str):
        return value.encode("ascii")
    return b"".join(map(_segment, value))


def _segment(segment: Mapping[str, Any]) -> bytes:
    if "ascii" in segment:
        return segment["ascii"].encode("ascii")
    if "hex" in segment:
        return bytes.fromhex(segment["hex"])
    if "utf8" in segment:
        return segment["utf8"].encode("utf-8")
    if "repeat" in segment:
        return to_bytes(segment["repeat"]) * segment["times"]
    if "pattern" in segment:
        return _pattern(segment["pattern"], segment.get("seed", 1), segment.get("letters", False))
    raise ValueError(f"cannot read the segment {segment}")


@lru_cache(maxsize=None)
def _pattern(size: int, x: int, letters: bool) -> bytes:
    pattern = bytearray()
    for _ in range(size):
        x = (1664525 * x + 1013904223) % 2**32
        pattern.append(97 + (x >> 24) % 26 if letters else x >> 24)
    return bytes(pattern)


def _message(message: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        name: to_bytes(value) if name in _BYTES_FIELDS else value
        for name, value in message.items()
    }


@dataclass(frozen=True)
class CodecCase:
    """A case for a decoder, an encoder or both."""

    id: str
    since: str
    level: str
    title: str
    spec: Tuple[str, ...]
    flags: Tuple[str, ...]
    directions: Tuple[str, ...]
    wire: Optional[bytes]
    """The bytes; None if nothing may be written."""
    messages: Tuple[Mapping[str, Any], ...]
    """The messages: kind, and the fields of the kind as bytes and numbers."""
    error: Optional[Mapping[str, Any]]
    """What is refused behind the messages: reason, and code and at where they are certain."""
    handshake: bool
    """Whether the version comes first."""
    version: str
    """The version of the protocol."""
    end: bool
    """Whether the input ends behind the bytes."""
    limits: Mapping[str, int]
    """The limits to set in the decoder: name and payload, where there are any."""
    chunks: Optional[Tuple[str, ...]]
    """The ways to cut that the case has; all if None."""

    def cuts(self) -> Iterator[Tuple[str, Sequence[bytes]]]:
        """Yield the ways to cut the bytes, each with its name, except for `glued`."""
        wire = self.wire or b""
        for name, sizes in _cuts(len(wire)):
            if self.chunks is not None and name not in self.chunks:
                continue
            chunks, at = [], 0
            for size in sizes:
                chunks.append(wire[at : at + size])
                at += size
            yield name, chunks


def _cuts(size: int) -> Iterator[Tuple[str, Sequence[int]]]:
    many = size > 4096
    yield "whole", [size]
    if not many:
        yield "bytewise", [1] * size
    for at in sorted({*range(1, 41), size // 2, size - 1}):
        if 0 < at < size:
            yield f"split@{at}", [at, size - at]
    if not many:
        yield "by3", _pieces(size, iter(lambda: 3, None))
        yield "by7", _pieces(size, iter(lambda: 7, None))
        fives = _pieces(size, iter(lambda: 5, None))
        yield "with-empties", [*(each for five in fives for each in (0, five)), 0]
    yield "random#1", _pieces(size, _random(65521 if many else 17))


def _pieces(size: int, wanted: Iterator[int]) -> Sequence[int]:
    pieces = []
    while size > 0:
        pieces.append(min(size, next(wanted)))
        size -= pieces[-1]
    return pieces


def _random(bound: int) -> Iterator[int]:
    x = 1
    while True:
        x = (1664525 * x + 1013904223) % 2**32
        yield 1 + (x >> 16) % bound


@lru_cache(maxsize=None)
def _codec_cases() -> Tuple[CodecCase, ...]:
    return tuple(
        CodecCase(
            id=case["id"],
            since=case["since"],
            level=case["level"],
            title=case["title"],
            spec=tuple(case["spec"]),
            flags=tuple(case.get("flags", ())),
            directions=tuple(case["directions"]),
            wire=to_bytes(case["wire"]) if "wire" in case else None,
            messages=tuple(map(_message, case["messages"])),
            error=case.get("error"),
            handshake=case.get("handshake", False),
            version=case.get("version", "01"),
            end=case.get("end", False),
            limits=case.get("limits", {}),
            chunks=tuple(case["chunks"]) if "chunks" in case else None,
        )
        for case in cases("codec")
    )


def codec_cases(
    direction: Optional[str] = None, *, level: str = "undefined", version: Optional[str] = None
) -> Iterator[CodecCase]:
    """Yield the codec cases, decoded.

    Only those for a direction, decode or encode, if it is given; those up to a level, in the order must,
    should, may, undefined; and those of a version of the protocol, if it is given.
    """
    levels = _LEVELS[: _LEVELS.index(level) + 1]
    for case in _codec_cases():
        if direction is not None and direction not in case.directions:
            continue
        if case.level in levels and version in (None, case.version):
            yield case


def parametrize(direction: Optional[str] = None, *, argument: str = "case", **chosen: Any):
    """Return a decorator that makes pytest run a test for each codec case, under its identifier.

    The case is passed as the argument of this name; the others are those of `codec_cases`.
    """
    import pytest

    found = list(codec_cases(direction, **chosen))
    return pytest.mark.parametrize(argument, found, ids=[case.id for case in found])
