"""The events of a streamed answer."""

from collections.abc import Callable
from typing import ClassVar

from typing_extensions import override

from llmrpc_server.errors import ProviderError
from llmrpc_server.providers.answer import Answer
from llmrpc_server.providers.failures import Failure, to_error
from llmrpc_server.providers.openai_responses.output import ARGUMENTS, Key, Output, Place, Sort
from llmrpc_server.providers.openai_responses.read import RESPONSE, conclude
from llmrpc_server.providers.openai_responses.wire import Event, Response
from llmrpc_server.providers.reading import Reader
from llmrpc_server.providers.stream_parser import StreamParser
from llmrpc_server.providers.typed_events import read_event

_EVENT = Reader(Event, "an event of a response")
# What follows the last event of some, and is none.
_DONE = b"[DONE]"

_PIECES: dict[str, Sort] = {
    "response.output_text.delta": "text",
    "response.refusal.delta": "refusal",
    "response.reasoning_summary_text.delta": "summary",
    "response.reasoning_text.delta": "reasoning",
    "response.function_call_arguments.delta": "arguments",
}
_WHOLES = {kind.removesuffix("delta") + "done": sort for kind, sort in _PIECES.items()}


class ResponseStream(StreamParser):
    """Reads events; those of hosted tools, and any that is not known, tell nothing that their items do not."""

    def __init__(self, provider: str, answer: Answer) -> None:
        self._provider = provider
        self._answer = answer
        self._output = Output(provider, answer)
        self._unexplained: ProviderError | None = None

    @override
    def take(self, name: bytes, data: bytes) -> None:
        """Read one event; its own type tells what it is, and its name where it has none."""
        if data == _DONE or (read := read_event(_EVENT, self._provider, name, data, self._KNOWN)) is None:
            return
        event, unknown = read
        kind = event.type or name.decode(errors="replace")
        if (sort := _PIECES.get(kind)) is not None:
            self._output.say(_item(event), _place(sort, event), event.delta or "", event.logprobs)
        elif (sort := _WHOLES.get(kind)) is not None:
            self._whole(sort, event)
        elif (taker := self._TAKERS.get(kind)) is not None:
            taker(self, event, kind)
        elif event.type is None and event.error is not None:
            # Proxies tell of an error without a type.
            self._error(event, kind)
        else:
            return
        if unknown:
            self._answer.note(unknown)

    @property
    @override
    def may_end(self) -> bool:
        """Whether the answer is whole.

        Raises:
            ProviderError: It failed, and no event told why.
        """
        if self._unexplained is not None:
            raise self._unexplained
        return self.done

    def _whole(self, sort: Sort, event: Event) -> None:
        text = event.text or event.refusal or event.arguments or ""
        self._output.say_whole(_item(event), _place(sort, event), text, event.logprobs)

    def _annotation(self, event: Event, _kind: str) -> None:
        self._output.cite(_item(event), event.content_index or 0, event.annotation)

    def _content(self, event: Event, _kind: str) -> None:
        # A summary's part has an index of its own, and no other.
        self._output.say_content(_item(event), event.summary_index or event.content_index or 0, event.part)

    def _item_added(self, event: Event, _kind: str) -> None:
        self._output.begin(event.output_index, event.item)

    def _item_done(self, event: Event, _kind: str) -> None:
        self._output.end(event.output_index, event.item)

    def _created(self, event: Event, _kind: str) -> None:
        self._answer.reported(model=self._response(event).model or "")

    def _failed(self, event: Event, kind: str) -> None:
        """Fail; where the response does not tell why, an event that follows may, as Azure's do."""
        explained = event.error is not None or self._response(event).error is not None
        try:
            self._ended(event, kind)
        except ProviderError as failure:
            if explained:
                raise
            self._unexplained = failure

    def _ended(self, event: Event, kind: str) -> None:
        if event.error is not None:
            # Perplexity tells it without a response.
            self._error(event, kind)
        status = kind.removeprefix("response.")
        conclude(self._provider, bytes(event.response), self._answer, self._output, streamed=status)
        self.done = True

    def _response(self, event: Event) -> Response:
        response, _ = RESPONSE.read(self._provider, bytes(event.response))
        return response

    def _error(self, event: Event, _kind: str) -> None:
        error = event.error if event.error is not None else {"code": event.code, "message": event.message}
        raise to_error(Failure(self._provider, 0, {}, error))

    _TAKERS: ClassVar[dict[str, Callable[["ResponseStream", Event, str], None]]] = {
        "response.content_part.done": _content,
        "response.reasoning_summary_part.done": _content,
        "response.output_text.annotation.added": _annotation,
        "response.output_item.added": _item_added,
        "response.output_item.done": _item_done,
        "response.created": _created,
        "response.completed": _ended,
        "response.incomplete": _ended,
        "response.failed": _failed,
        "response.error": _error,
        "error": _error,
    }
    _KNOWN = _PIECES.keys() | _WHOLES.keys() | _TAKERS.keys()


def _item(event: Event) -> Key:
    return event.output_index if event.output_index is not None else event.item_id or ""


def _place(sort: Sort, event: Event) -> Place:
    if sort == "arguments":
        return ARGUMENTS
    return sort, (event.summary_index if sort == "summary" else event.content_index) or 0
