"""How a value lies in a store that others can write to: version, compression and a checksum around it.

    "LR", version, compression, 16 bytes of BLAKE2b over the key and all the rest, the value

What is not exactly this, of this version and made for this key, is not there: foreign bytes, a value that was cut, one
that lies under another's key. It is no signature: everybody who may write to the store can make one.
"""

import hashlib

import zstandard

_MAGIC = b"LR"
VERSION = 1
_PLAIN, _ZSTD = 0, 1
_DIGEST_BYTES = 16
_HEADER_BYTES = len(_MAGIC) + 2 + _DIGEST_BYTES

_WORTH_COMPRESSING_BYTES = 256
# More than any answer: gRPC itself takes no larger message.
MAX_VALUE_BYTES = 32 * 1024 * 1024


def pack(key: str, value: bytes) -> bytes:
    """Frame a value for its key."""
    compression, body = _PLAIN, value
    if len(value) >= _WORTH_COMPRESSING_BYTES:
        smaller = zstandard.compress(value)
        if len(smaller) < len(value):
            compression, body = _ZSTD, smaller
    kind = bytes((VERSION, compression))
    return b"".join((_MAGIC, kind, _digest(key, kind, body), body))


def unpack(key: str, data: bytes) -> bytes | None:
    """Return the value that was framed for this key; None where the bytes are anything else."""
    kind, digest, body = data[2:4], data[4:_HEADER_BYTES], data[_HEADER_BYTES:]
    if data[:2] != _MAGIC or len(data) < _HEADER_BYTES or kind[0] != VERSION or digest != _digest(key, kind, body):
        return None
    if kind[1] == _PLAIN:
        return body
    try:
        return zstandard.decompress(body, max_output_size=MAX_VALUE_BYTES) if _fits(body) else None
    except zstandard.ZstdError:
        return None


def _fits(body: bytes) -> bool:
    """Return whether a compressed value is of a size that somebody may have meant; its header says how large it is."""
    return 0 <= zstandard.frame_content_size(body) <= MAX_VALUE_BYTES


def _digest(key: str, kind: bytes, body: bytes) -> bytes:
    return hashlib.blake2b(b"\0".join((key.encode(), kind, body)), digest_size=_DIGEST_BYTES).digest()
