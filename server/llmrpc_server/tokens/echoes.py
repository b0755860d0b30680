"""Reasoning that repeats the results of tools, between <output> and </output>: text that no model generated."""

_BEGIN, _END = "<output>", "</output>"


class Echoes:
    """Follows reasoning that comes in pieces; a tag can be cut in two."""

    def __init__(self) -> None:
        self._inside = False
        # The beginning of what can become a tag.
        self._open = ""

    def left_out(self, piece: str) -> str:
        """Return what a piece has beside them; what can become a tag comes with the next piece."""
        text, own = self._open + piece, ""
        while True:
            tag = _END if self._inside else _BEGIN
            before, found, text = text.partition(tag)
            if not found:
                break
            own += "" if self._inside else before
            self._inside = not self._inside
        begun = next(size for size in range(min(len(tag) - 1, len(before)), -1, -1) if before.endswith(tag[:size]))
        self._open = before[len(before) - begun :]
        return own if self._inside else own + before[: len(before) - begun]
