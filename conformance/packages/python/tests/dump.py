"""Prints checksums of all decoded codec cases, to be compared with those of the other packages."""

from zlib import crc32

from gotalk_conformance import codec_cases


def text(message):
    fields = (
        f"{name}={value.hex() if isinstance(value, bytes) else value}"
        for name, value in sorted(message.items())
    )
    return " ".join(fields)


for case in codec_cases():
    messages = "\n".join(map(text, case.messages))
    print(case.id, crc32(case.wire or b""), crc32(messages.encode()))
    for name, chunks in case.cuts():
        sizes = ",".join(str(len(chunk)) for chunk in chunks)
        print(case.id, name, crc32(sizes.encode()))
