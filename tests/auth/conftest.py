"""Fixtures: a file of keys, an identity provider."""

from pathlib import Path

import pytest

from auth.book import Book
from auth.issuer import Issuer


@pytest.fixture
def book(tmp_path: Path) -> Book:
    """Make a file of keys with one key in it."""
    book = Book(tmp_path)
    book.key(tenant="another")
    return book


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    """Make an identity provider."""
    return Issuer(tmp_path)
