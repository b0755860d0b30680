"""The bytes of a stream: events as lines, and what may stand between them."""

from .behaviour import Behaviour
from .unknown import with_unknown_fields
from .wires.wire import Event, compact

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_COMMENT = b": still thinking\n\n\n"


def render(event: Event, behaviour: Behaviour) -> bytes:
    """Return the event's bytes, blank line included."""
    data = with_unknown_fields(event.data) if behaviour.unknown else event.data
    line = data.encode() if isinstance(data, str) else compact(data)
    name = b"" if event.name is None else b"event: %b\n" % event.name.encode()
    rendered = (_COMMENT if behaviour.comments else b"") + name + b"data: " + line + b"\n\n"
    return rendered.replace(b"\n", b"\r\n") if behaviour.crlf else rendered
