"""How large an image is, from the first bytes of a PNG, GIF, WebP or JPEG."""

import struct

_JPEG_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_WEBP_HEAD = 30
# Before the frame of a JPEG; cameras write some twenty.
_MOST_SEGMENTS = 200


def image_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height in pixels; None where the bytes do not tell."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR" and len(data) >= 24:  # noqa: PLR2004 - where the size ends
        return _two(">II", data, 16)
    if data[:6] in {b"GIF87a", b"GIF89a"} and len(data) >= 10:  # noqa: PLR2004 - where the size ends
        return _two("<HH", data, 6)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP" and len(data) >= _WEBP_HEAD:
        return _webp(data)
    return _jpeg(data) if data.startswith(b"\xff\xd8") else None


def _two(form: str, data: bytes, at: int) -> tuple[int, int]:
    first, second = struct.unpack_from(form, data, at)
    return int(first), int(second)


def _webp(data: bytes) -> tuple[int, int] | None:
    match data[12:16]:
        case b"VP8 ":
            width, height = _two("<HH", data, 26)
            return width & 0x3FFF, height & 0x3FFF
        case b"VP8L":
            packed = int.from_bytes(data[21:25], "little")
            return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
        case b"VP8X":
            return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    return None


def _jpeg(data: bytes) -> tuple[int, int] | None:
    at = 2
    for _ in range(_MOST_SEGMENTS):
        if at + 9 > len(data) or data[at] != 0xFF:  # noqa: PLR2004 - a marker's first byte
            return None
        if data[at + 1] in _JPEG_FRAMES:
            height, width = _two(">HH", data, at + 5)
            return width, height
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None
