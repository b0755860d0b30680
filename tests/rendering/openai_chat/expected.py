"""What is expected of Chat Completions, for every conversation."""

from rendering.expectation import merged
from rendering.openai_chat.formats import FORMATS
from rendering.openai_chat.media import MEDIA
from rendering.openai_chat.numbers import NUMBERS
from rendering.openai_chat.own_state import OWN_STATE
from rendering.openai_chat.texts import TEXTS
from rendering.openai_chat.tool_history import TOOL_HISTORY
from rendering.openai_chat.tools import TOOLS

EXPECTED = merged(TEXTS, MEDIA, TOOLS, TOOL_HISTORY, OWN_STATE, FORMATS, NUMBERS)
