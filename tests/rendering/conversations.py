"""The conversations that every wire format is asked to send, by name."""

from rendering.formats import FORMATS
from rendering.media import MEDIA
from rendering.numbers import NUMBERS
from rendering.own_state import OWN_STATE
from rendering.texts import TEXTS
from rendering.tool_history import TOOL_HISTORY
from rendering.tools import TOOLS

CONVERSATIONS = {**TEXTS, **MEDIA, **TOOLS, **TOOL_HISTORY, **OWN_STATE, **FORMATS, **NUMBERS}
