"""Sound and pictures in a Chat Completions answer."""

import base64

import pytest

from llmrpc_server import errors
from providers.openai_chat_bodies import Fields, stream, told, whole

WAV = b"RIFF\x24\x00\x00\x00WAVEfmt "


def encoded(data: bytes) -> str:
    """Write bytes as the wire does."""
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    ("data", "mime_type"),
    [
        (WAV, "audio/wav"),
        (b"OggS\x00", "audio/ogg"),
        (b"fLaC\x00", "audio/flac"),
        (b"ID3\x04", "audio/mpeg"),
        (b"\xff\xfb\x90", "audio/mpeg"),
        (b"\xff\xf1\x50", "audio/aac"),
        (b"\x01\x00\xfe\xff", "audio/pcm"),
    ],
)
def test_sound(data: bytes, mime_type: str) -> None:
    """Sound is a part after its words; its format is told by its first bytes, as the wire does not name it."""
    audio = {"id": "audio_1", "data": encoded(data), "expires_at": 7, "transcript": "beep"}
    answer = told(whole({"content": None, "audio": audio}))

    assert [("text", "beep"), ("media", mime_type)] == answer.said
    assert data == answer.parts[1].media.data
    assert [{}, {"audio": {"id": "audio_1", "expires_at": 7}}] == answer.states


def test_streamed_sound() -> None:
    """Words and sound grow in turns; a piece may end anywhere."""
    text = encoded(WAV)
    pieces: list[Fields] = [
        {"id": "audio_1"},
        {"transcript": "be"},
        {"data": text[:6]},
        {"transcript": "ep", "data": text[6:]},
        {"data": encoded(b"more")},
        {"expires_at": 7},
    ]
    answer = told(stream(*({"audio": piece} for piece in pieces)))

    assert [("text", "beep"), ("media", "audio/wav")] == answer.said
    assert WAV + b"more" == answer.parts[1].media.data
    assert {"audio": {"id": "audio_1", "expires_at": 7}} == answer.states[1]


@pytest.mark.parametrize("data", ["A", "####", "AAA=AAA", "AAAAA"])
def test_sound_that_is_none(data: str) -> None:
    """What is not base64, or ends amid a byte, is no answer."""
    for body in (whole({"audio": {"id": "1", "data": data}}), stream({"audio": {"data": data}})):
        with pytest.raises(errors.ProviderBadResponse):
            told(body)


@pytest.mark.parametrize("audio", [{}, {"id": "audio_1"}, {"data": "", "transcript": ""}])
def test_no_sound(audio: Fields) -> None:
    """Without data there is no part."""
    assert [("text", "Hi")] == told(whole({"content": "Hi", "audio": audio})).said


def test_pictures() -> None:
    """Pictures are parts."""
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{encoded(b'png')}"}}
    for message in ({"content": "Look:", "images": [image]}, {"content": [{"type": "text", "text": "Look:"}, image]}):
        answer = told(whole(message))

        assert [("text", "Look:"), ("media", "image/png")] == answer.said
        assert (b"png", {"images": True}) == (answer.parts[1].media.data, answer.states[1])


def test_a_picture_by_its_address() -> None:
    """A picture can be told by its address alone."""
    started, _ = told(stream({"images": [{"type": "image_url", "image_url": "https://a.example/b.png"}]})).events

    assert "https://a.example/b.png" == started.part_started.part.media.uri


@pytest.mark.parametrize("image", [{}, {"image_url": None}, {"image_url": {}}, {"type": "image_url", "image_url": ""}])
def test_a_picture_without_any(image: Fields) -> None:
    """What shows nothing is kept beside the answer."""
    answer = told(whole({"content": "Hi", "images": [image]}))

    assert [("text", "Hi")] == answer.said
    assert {"choices": [{"message": {"content": [image]}}]}.items() <= answer.metadata.items()


def test_a_picture_that_is_none() -> None:
    """What is not base64 is no answer."""
    with pytest.raises(errors.ProviderBadResponse):
        told(whole({"images": [{"image_url": {"url": "data:image/png;base64,#"}}]}))
