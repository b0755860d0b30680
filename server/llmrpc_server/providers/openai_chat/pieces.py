"""Objects that a vendor sends piece by piece beside the message."""

from collections.abc import Iterable

from llmrpc_server.providers.answer import Answer
from llmrpc_server.providers.openai_chat.wire import Fields


class Pieces:
    """Puts objects together: those of one index, type and id are one.

    Args:
        grow: The fields whose text comes in pieces; of any other the last value holds.
        whole: Fields that only come whole: an object that has one already is followed by another.
    """

    def __init__(self, answer: Answer, *, grow: Iterable[str] = (), whole: Iterable[str] = ()) -> None:
        self._answer = answer
        self._grow = frozenset(grow)
        self._whole = frozenset(whole)
        self._objects: list[Fields] = []
        self._texts: list[dict[str, list[str]]] = []
        self._places: dict[tuple[str, str, str], int] = {}

    def __bool__(self) -> bool:
        return bool(self._objects)

    def add(self, pieces: Iterable[Fields]) -> None:
        """Take the next pieces."""
        for piece in pieces:
            key = (str(piece.get("index")), str(piece.get("type")), str(piece.get("id")))
            place = self._places.get(key)
            if place is None or any(self._objects[place].get(name) and piece.get(name) for name in self._whole):
                place = self._places[key] = len(self._objects)
                self._objects.append({})
                self._texts.append({})
            self._merge(place, piece)

    def taken(self) -> list[Fields]:
        """Return the objects so far, in the order of their start, and forget them."""
        objects, texts = self._objects, self._texts
        self._objects, self._texts, self._places = [], [], {}
        for whole, pieces in zip(objects, texts, strict=True):
            whole.update((name, "".join(text)) for name, text in pieces.items())
        return objects

    def _merge(self, place: int, piece: Fields) -> None:
        whole, texts = self._objects[place], self._texts[place]
        for name, value in piece.items():
            self._answer.hold(value)
            if name in self._grow and isinstance(value, str):
                texts.setdefault(name, []).append(value)
                # Its place among the fields.
                whole.setdefault(name, "")
            elif value or name not in whole:
                whole[name] = value
