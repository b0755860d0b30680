"""Mustache templates by LangChain's own renderer, of which the values cannot make endless work."""

from collections.abc import Iterator, Mapping
from typing import Any

from langchain_core.prompts import PromptTemplate
from langchain_core.utils.mustache import render, tokenize
from pydantic import PrivateAttr
from typing_extensions import override

from llmrpc_server.prompts.filters import MAX_CHARACTERS, TooLarge

_MOST_WORK = 8 * MAX_CHARACTERS
# A tag takes about as long as copying this many characters.
_TAG = 100
# Every name is looked for in all sections around it.
_DEEPEST = 32


class MustacheTemplate(PromptTemplate):
    """LangChain's template, whose tokens are found once, and whose sections cannot repeat without bound.

    LangChain names the variables outside of sections alone. Inside, a name is a key of the section's value, or else a
    variable: see `within`.
    """

    _tokens: list[tuple[str, str]] = PrivateAttr(default_factory=list)
    _inner: set[str] = PrivateAttr(default_factory=set)
    _each: int = 0
    _repeats: bool = False

    @override
    def model_post_init(self, context: Any, /) -> None:
        super().model_post_init(context)
        self._tokens = list(tokenize(self.template))
        around: list[str] = []
        for tag, key in self._tokens:
            if tag == "partial":
                raise ValueError("there are no partials")
            if tag == "end":
                around.pop()
            elif tag != "literal":
                if key == "." and "section" not in around:
                    raise ValueError("{{.}} stands outside of a section")
                if around:
                    self._inner.add(key.split(".")[0])
            if tag in {"section", "inverted section"}:
                around.append(tag)
            if len(around) > _DEEPEST:
                raise ValueError(f"sections are nested more than {_DEEPEST} deep")
        self._repeats = any(tag == "section" for tag, _ in self._tokens)
        self._each = len(self.template) + _TAG * len(self._tokens)

    def within(self, variables: set[str]) -> None:
        """Take those of the variables that are named inside sections, too."""
        self.input_variables = sorted({*self.input_variables, *(self._inner & variables)})

    @override
    def format(self, **kwargs: Any) -> str:
        """Render it; see `BasePromptTemplate`."""
        return render(self._tokens, _Object(kwargs, _Work(self._each)) if self._repeats else kwargs)


class _Work:
    """How much may still be done, in characters."""

    def __init__(self, each: int) -> None:
        self._each = each
        self._left = _MOST_WORK

    def spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise TooLarge("the lists and texts are too large to be repeated for each other")

    def again(self) -> None:
        """Spend what a section takes for one item."""
        self.spend(self._each)


class _Object(dict[str, Any]):
    """An object that counts what is read of it. LangChain reads by key alone."""

    def __init__(self, value: Mapping[str, Any], work: _Work) -> None:
        super().__init__(
            {key: _counting(one, work) if isinstance(one, dict | list) else one for key, one in value.items()}
        )
        self.size = sum(len(key) + _size(one) for key, one in self.items())
        self._work = work

    @override
    def __getitem__(self, key: str) -> Any:
        value = super().__getitem__(key)
        self._work.spend(_size(value))
        return value


class _List(list[Any]):
    """A list that counts what is read of it, by number or one after the other."""

    def __init__(self, value: list[Any], work: _Work) -> None:
        counting = [_counting(one, work) if isinstance(one, dict | list) else one for one in value]
        super().__init__(counting)
        self.size = sum(map(_size, counting))
        self._work = work

    @override
    def __getitem__(self, index: Any) -> Any:
        value = super().__getitem__(index)
        self._work.spend(_size(value))
        return value

    @override
    def __iter__(self) -> Iterator[Any]:
        for value in super().__iter__():
            self._work.again()
            self._work.spend(_size(value))
            yield _Item(value) if _would_vanish(value) else value


class _Item:
    """An item that LangChain would leave out together with all that stands around it in the section."""

    def __init__(self, value: Any) -> None:
        self._text = "" if value is None or value == {} else str(value)

    @override
    def __str__(self) -> str:
        return self._text


def _would_vanish(value: Any) -> bool:
    # False and an empty list stay what they are: sections within ask for them by {{#.}} and {{^.}}.
    return not value and value is not False and not isinstance(value, list)


def _counting(value: dict[str, Any] | list[Any], work: _Work) -> "_Object | _List":
    return _Object(value, work) if isinstance(value, dict) else _List(value, work)


def _size(value: Any) -> int:
    """Return about how many characters a value has."""
    if isinstance(value, str):
        return len(value)
    return value.size + 4 if isinstance(value, _Object | _List) else 4
