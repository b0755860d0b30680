"""What is expected of Messages, for every conversation."""

from rendering.anthropic_messages.formats import FORMATS
from rendering.anthropic_messages.media import MEDIA
from rendering.anthropic_messages.numbers import NUMBERS
from rendering.anthropic_messages.own_state import OWN_STATE
from rendering.anthropic_messages.texts import TEXTS
from rendering.anthropic_messages.tool_history import TOOL_HISTORY
from rendering.anthropic_messages.tools import TOOLS
from rendering.expectation import merged

EXPECTED = merged(TEXTS, MEDIA, TOOLS, TOOL_HISTORY, OWN_STATE, FORMATS, NUMBERS)
