"""How a value lies in a store that others can write to."""

from hypothesis import given
from hypothesis import strategies as st

from llmrpc_server.cache.frame import VERSION, pack, unpack

values = st.one_of(st.binary(max_size=600), st.integers(0, 5_000).map(lambda size: b"llmrpc " * size))


@given(values)
def test_what_was_packed_comes_out(value: bytes) -> None:
    """A framed value is the value again, whatever its size."""
    assert value == unpack("key", pack("key", value))


def test_compressed() -> None:
    """A text of some size takes less room than it is long."""
    text = b"Why is the sky blue? " * 100

    assert len(pack("key", text)) < len(text) / 5


@given(st.binary(max_size=200))
def test_foreign_bytes(data: bytes) -> None:
    """Bytes that nobody framed are not there."""
    assert unpack("key", data) is None
    assert unpack("key", pack("key", b"value")[:4] + data) is None


@given(values, st.data())
def test_cut(value: bytes, data: st.DataObject) -> None:
    """A value that was cut anywhere is not there."""
    packed = pack("key", value)

    assert unpack("key", packed[: data.draw(st.integers(0, len(packed) - 1))]) is None


@given(values, st.data())
def test_changed(value: bytes, data: st.DataObject) -> None:
    """A value of which any byte is another is not there."""
    packed = bytearray(pack("key", value))
    packed[data.draw(st.integers(0, len(packed) - 1))] ^= data.draw(st.integers(1, 255))

    assert unpack("key", bytes(packed)) is None


def test_other_key() -> None:
    """A value that lies under another key than its own is not there."""
    assert unpack("other", pack("key", b"value")) is None


def test_other_version() -> None:
    """A value of another version is not there."""
    packed = bytearray(pack("key", b"value"))
    assert VERSION == packed[2]
    packed[2] += 1

    assert unpack("key", bytes(packed)) is None
