"""Chat templates, carried out by langchain-core's ChatPromptTemplate. Imported only when a prompt exists."""

import re
from collections.abc import Iterator, Mapping, Sequence
from string import Formatter
from typing import Any

from jinja2.exceptions import SecurityError, TemplateError, TemplateSyntaxError
from langchain_core.messages import BaseMessage, ChatMessage
from langchain_core.prompts import (
    ChatPromptTemplate,
    FewShotChatMessagePromptTemplate,
    MessagesPlaceholder,
    PromptTemplate,
)
from langchain_core.prompts.message import BaseMessagePromptTemplate
from langchain_core.utils.mustache import ChevronError
from pydantic import ValidationError
from typing_extensions import override

from llmrpc.v1 import message_pb2
from llmrpc_server.prompts.file import OF_THE_TARGET, Format, MessageTemplate, Part
from llmrpc_server.prompts.filters import MAX_CHARACTERS, TooLarge
from llmrpc_server.prompts.mustache import MustacheTemplate
from llmrpc_server.prompts.sandbox import Jinja2Template, refuse_foldable

_ROLES = {
    "system": message_pb2.ROLE_SYSTEM,
    "developer": message_pb2.ROLE_DEVELOPER,
    "user": message_pb2.ROLE_USER,
    "assistant": message_pb2.ROLE_ASSISTANT,
}
# What a message's extra arguments hold: the part or message itself, which LangChain carries along unread.
_MEDIA, _MESSAGE = "llmrpc_media", "llmrpc_message"
# Of a format such as {name:>20}.
_TOO_WIDE = re.compile(r"\d{5}")


class BadTemplate(ValueError):
    """A template cannot be compiled. Has the path of the key in the file, and the text that says why."""

    def __init__(self, path: tuple[str | int, ...], text: str) -> None:
        super().__init__(text)
        self.path = path


class RenderingFailed(ValueError):
    """A template cannot be carried out with the values; the text says why."""


class ChatTemplate:
    """The messages of a prompt, or of one of its variants, compiled.

    Args:
        templates: As the file has them.
        format_: In which they are written.
        variables: The names that they may use.
        at: Where they stand in the file.

    Raises:
        BadTemplate: One of them is no good, or uses a variable that is not declared.
    """

    def __init__(
        self,
        templates: Sequence[MessageTemplate],
        format_: Format,
        variables: Mapping[str, str],
        at: tuple[str | int, ...],
    ) -> None:
        self._template = ChatPromptTemplate(list(_compiled(templates, format_, {**variables, **_TARGET}, at)))

    def render(self, values: Mapping[str, Any]) -> list[message_pb2.Message]:
        """Fill it in; parts of nothing but white space, and messages without parts, are left out.

        Raises:
            RenderingFailed: It cannot be carried out with these values, or what it makes is too large.
        """
        try:
            rendered = self._template.format_messages(**values)
        except TooLarge as error:
            raise RenderingFailed(str(error)) from error
        except SecurityError as error:
            raise RenderingFailed("the template reaches for what is closed to it") from error
        except RecursionError as error:
            raise RenderingFailed("a value is nested too deep") from error
        except (TemplateError, ChevronError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise RenderingFailed(f"the template cannot be carried out: {error}") from error
        made = [message for one in rendered for message in _messages(one)]
        if sum(len(part.text) for message in made for part in message.parts) > MAX_CHARACTERS:
            raise RenderingFailed(f"has more than {MAX_CHARACTERS} characters")
        return made


_TARGET = dict.fromkeys(OF_THE_TARGET, "string")


class _Message(BaseMessagePromptTemplate):
    """A message of several parts, texts and media."""

    role: str
    parts: list[Any]

    @property
    @override
    def input_variables(self) -> list[str]:
        names = (part.input_variables if isinstance(part, PromptTemplate) else [part] for part in self.parts)
        return [name for group in names for name in group]

    @override
    def format_messages(self, **kwargs: Any) -> list[BaseMessage]:
        content: list[str | dict[str, Any]] = [
            {"type": "text", "text": part.format(**{name: kwargs[name] for name in part.input_variables})}
            if isinstance(part, PromptTemplate)
            else {"type": _MEDIA, _MEDIA: kwargs[part]}
            for part in self.parts
        ]
        return [ChatMessage(role=self.role, content=content)]


def carried(message: message_pb2.Message) -> BaseMessage:
    """Return a caller's message as LangChain carries it through a placeholder."""
    return ChatMessage(role="llmrpc", content="", additional_kwargs={_MESSAGE: message})


def _compiled(
    templates: Sequence[MessageTemplate], format_: Format, variables: Mapping[str, str], at: tuple[str | int, ...]
) -> Iterator[Any]:
    for index, template in enumerate(templates):
        path = (*at, index)
        if template.placeholder is not None:
            if variables.get(template.placeholder) != "messages":
                raise BadTemplate((*path, "placeholder"), "must name a variable of the type messages")
            yield MessagesPlaceholder(template.placeholder)
        elif template.examples is not None:
            yield _few_shot(template, format_, path)
        else:
            text = [Part(text=template.text)] if template.parts is None else template.parts
            where = [(*path, "text")] if template.parts is None else [(*path, "parts", n) for n in range(len(text))]
            parts = [_part(part, format_, variables, at) for part, at in zip(text, where, strict=True)]
            yield _Message(role=template.role or "", parts=parts)


def _few_shot(template: MessageTemplate, format_: Format, path: tuple[str | int, ...]) -> Any:
    examples = template.examples or [{}]
    names = dict.fromkeys(set.intersection(*map(set, examples)), "string") | _TARGET
    inner = ChatPromptTemplate(list(_compiled(template.messages or (), format_, names, (*path, "messages"))))
    given = [{**dict.fromkeys(OF_THE_TARGET, ""), **example} for example in examples]
    return FewShotChatMessagePromptTemplate(examples=given, example_prompt=inner)


def _part(part: Part, format_: Format, variables: Mapping[str, str], at: tuple[str | int, ...]) -> PromptTemplate | str:
    if part.media is not None:
        if variables.get(part.media) != "media":
            raise BadTemplate((*at, "media"), "must name a variable of the type media")
        return part.media
    where = at if part.text is None or at[-1] == "text" else (*at, "text")
    template = _text(part.text or "", format_, where)
    for name in template.input_variables:
        if name not in variables:
            raise BadTemplate(where, f'uses "{name}", which is none of its variables')
        if variables[name] in {"media", "messages"}:
            raise BadTemplate(where, f'uses "{name}" as text, which is of the type {variables[name]}')
    if isinstance(template, MustacheTemplate):
        template.within({name for name, type_ in variables.items() if type_ not in {"media", "messages"}})
    return template


def _text(text: str, format_: Format, at: tuple[str | int, ...]) -> PromptTemplate:
    try:
        if format_ == "jinja2":
            refuse_foldable(text)
            return Jinja2Template(template=text, template_format="jinja2", input_variables=[])
        if format_ == "mustache":
            return MustacheTemplate(template=text, template_format="mustache", input_variables=[])
        return _FString(template=text, template_format="f-string", input_variables=[])
    except TemplateSyntaxError as error:
        raise BadTemplate(at, f"is no jinja2 template: {error.message} (line {error.lineno} of it)") from error
    except Exception as error:
        # Of what is nested too deep, Jinja2's compiler and Python's raise what they like; the server goes on.
        raise BadTemplate(at, f"is no {format_} template: {_words(error)}") from error


def _words(error: Exception) -> str:
    """Say what is wrong; of LangChain's own checks without what Pydantic adds."""
    said = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
    return " ".join(said.removeprefix("Value error, ").split())


class _FString(PromptTemplate):
    """LangChain's template, whose fields are not wider than any prompt."""

    @override
    def model_post_init(self, context: Any, /) -> None:
        super().model_post_init(context)
        if any(_TOO_WIDE.search(spec or "") for _, _, spec, _ in Formatter().parse(self.template)):
            raise ValueError("a field is wider than 9999 characters")


def _messages(rendered: BaseMessage) -> Iterator[message_pb2.Message]:
    if (own := rendered.additional_kwargs.get(_MESSAGE)) is not None:
        yield own
        return
    role = _ROLES[rendered.role] if isinstance(rendered, ChatMessage) else message_pb2.ROLE_UNSPECIFIED
    message = message_pb2.Message(role=role)
    for block in rendered.content:
        if not isinstance(block, dict):
            continue
        if block["type"] == _MEDIA:
            message.parts.add(media=block[_MEDIA])
        elif block["text"].strip():
            message.parts.add(text=block["text"])
    if message.parts:
        yield message
