"""JSON Web Key Sets: what is taken from them, and what nobody's leaving changes."""

import asyncio
import json
from pathlib import Path

import pytest

from auth.book import Book
from auth.issuer import Issuer
from llmrpc_server.auth.jwks import CannotTell, KeysAtAddress, parse


def test_rows_that_are_not_understood_are_others(tmp_path: Path) -> None:
    """A key of another sort, or for another use, beside ours changes nothing."""
    document = json.loads(Issuer(tmp_path).document())
    kid = document["keys"][0]["kid"]
    document["keys"] += [
        {"kid": "1", "kty": "OKP", "crv": "X25519", "x": "AAAA"},
        {"kid": "2", "kty": "EC", "crv": "P-999", "x": "AAAA", "y": "AAAA"},
        {"kid": "3", "kty": "RSA"},
    ]

    assert {kid} == parse(json.dumps(document).encode()).keys()


@pytest.mark.parametrize("text", ["[]", "{}", '{"keys": 7}', '{"keys": []}', "no JSON"])
def test_what_is_no_key_set(text: str) -> None:
    """It is refused, and an empty one as well."""
    with pytest.raises(ValueError, match=r"Key Set|public key"):
        parse(text.encode())


async def test_an_unreachable_provider_is_not_the_callers_fault(tmp_path: Path) -> None:
    """A key that is not known while nobody can be asked is no wrong key."""
    issuer = Issuer(tmp_path)
    with issuer.serving() as address:
        keys = KeysAtAddress(address, refresh=3600)
        known = next(iter(parse(issuer.document())))
        assert await keys.find(known) is not None
    with pytest.raises(CannotTell):
        await keys.find("another")

    assert await keys.find(known) is not None


async def test_who_began_to_ask_may_leave(tmp_path: Path) -> None:
    """The others still hear the answer that it asked for."""
    issuer = Issuer(tmp_path)
    known = next(iter(parse(issuer.document())))
    with issuer.serving() as address:
        keys = KeysAtAddress(address, refresh=3600)
        first = asyncio.create_task(keys.find(known))
        second = asyncio.create_task(keys.find(known))
        await asyncio.sleep(0)
        first.cancel()
        found = await second

    assert found is not None


def test_a_link_to_the_keys_stays_a_link(tmp_path: Path) -> None:
    """The file behind it changes."""
    (tmp_path / "real").mkdir()
    book = Book(tmp_path / "real")
    book.key()
    link = tmp_path / "keys.yaml"
    link.symlink_to(book.path)
    before = book.path.read_text()
    Book(tmp_path).key()

    assert link.is_symlink()
    assert before != book.path.read_text()
