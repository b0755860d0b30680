"""Jinja2 as langchain-core's templates use it, compiled once and with no way out: neither to Python nor to memory."""

from functools import reduce
from typing import Any

from jinja2 import nodes
from jinja2.exceptions import SecurityError, TemplateRuntimeError, TemplateSyntaxError
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace
from jinja2.visitor import NodeTransformer
from langchain_core.prompts import PromptTemplate
from pydantic import PrivateAttr
from typing_extensions import override

from llmrpc_server.prompts.filters import BOUNDED, MAX_CHARACTERS, TooLarge

_MAX_RANGE = 10_000
# They make much of little.
_REMOVED = ("batch", "center", "format", "indent", "pprint", "random", "slice", "urlize", "wordwrap", "xmlattr")

_OF_OTHER_FILES = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)


class _Sums(NodeTransformer):
    """Makes of a ~ b the sum of two texts, whose size is looked at."""

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - as jinja2 calls it.
        self.generic_visit(node)
        texts: list[nodes.Expr] = [
            nodes.Filter(one, "string", [], [], None, None, lineno=node.lineno) for one in node.nodes
        ]
        return reduce(lambda left, right: nodes.Add(left, right, lineno=node.lineno), texts)


class _Environment(ImmutableSandboxedEnvironment):
    """Values are data: of their attributes none can be seen, and none of their methods called."""

    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def __init__(self) -> None:
        super().__init__(autoescape=False, keep_trailing_newline=True)
        for name in _REMOVED:
            self.filters.pop(name, None)
        self.filters |= BOUNDED
        self.globals = dict(_GIVEN)

    @override
    def _generate(self, source: nodes.Template, *more: Any, **named: Any) -> str:
        return super()._generate(_Sums().visit(source), *more, **named)

    @override
    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return isinstance(obj, LoopContext | Namespace) and not attr.startswith("_")

    @override
    def is_safe_callable(self, obj: Any) -> bool:
        return obj in _GIVEN.values() or super().is_safe_callable(obj)

    @override
    def unsafe_undefined(self, obj: Any, attribute: str) -> Any:
        raise SecurityError(f"{attribute} is closed to templates")

    @override
    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator in {"*", "**", "%"} and not (_is_number(left) and _is_number(right)):
            raise SecurityError(f"{operator} is for numbers alone")
        if operator == "**" and (abs(left) > _MAX_RANGE or abs(right) > 64):  # noqa: PLR2004 - as many bits as a number.
            raise TooLarge("a power is too large")
        if operator == "+" and _size(left) + _size(right) > MAX_CHARACTERS:
            raise TooLarge("a sum is too large")
        return super().call_binop(context, operator, left, right)


class Jinja2Template(PromptTemplate):
    """LangChain's template, whose format() uses a compiled template where LangChain would compile anew each time."""

    _compiled: Any = PrivateAttr(None)

    @override
    def model_post_init(self, context: Any, /) -> None:
        super().model_post_init(context)
        if any(_ENVIRONMENT.parse(self.template).find_all(_OF_OTHER_FILES)):
            raise ValueError("there are no other templates to include or to extend")
        self._compiled = _ENVIRONMENT.from_string(self.template)

    @override
    def format(self, **kwargs: Any) -> str:
        """Render it.

        Raises:
            TooLarge: The text would be.
            TemplateRuntimeError: The template cannot be carried out with these values.
        """
        pieces: list[str] = []
        size = 0
        for piece in self._compiled.generate(**kwargs):
            pieces.append(piece)
            size += len(piece)
            if size > MAX_CHARACTERS:
                raise TooLarge(f"has more than {MAX_CHARACTERS} characters")
        return "".join(pieces)


def refuse_foldable(template: str) -> None:
    """Refuse constants that LangChain, which looks for variables with Jinja2's optimizer, would work out without bound.

    Raises:
        TemplateSyntaxError: There is one, or the text is no template.
    """
    for node in _ENVIRONMENT.parse(template).find_all((nodes.Filter, nodes.Mul, nodes.Mod, nodes.Pow)):
        if isinstance(node, nodes.Filter):
            bounded = node.node is None
        elif isinstance(node, nodes.Pow):
            bounded = _is_small(node.left, _MAX_RANGE) and _is_small(node.right, 64)
        else:
            bounded = all(_is_number(leaf.value) for leaf in node.find_all(nodes.Const)) and not _has_texts(node)
        if not bounded and not any(node.find_all((nodes.Name, nodes.Call))):
            raise TemplateSyntaxError("a constant is worked out: write what comes of it", node.lineno)


def _is_small(node: nodes.Expr, bound: int) -> bool:
    return isinstance(node, nodes.Const) and _is_number(node.value) and abs(node.value) <= bound


def _has_texts(node: nodes.Node) -> bool:
    return any(node.find_all((nodes.List, nodes.Tuple, nodes.Dict, nodes.Concat)))


def _short_range(*bounds: int) -> range:
    found = range(*bounds)
    if len(found) > _MAX_RANGE:
        raise TemplateRuntimeError(f"a range has more than {_MAX_RANGE} numbers")
    return found


_GIVEN = {"range": _short_range, "namespace": Namespace}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _size(value: Any) -> int:
    return len(value) if isinstance(value, str | list | tuple) else 0


_ENVIRONMENT = _Environment()
