"""What is expected of Cohere's Chat, for every conversation."""

from rendering.cohere_chat.formats import FORMATS
from rendering.cohere_chat.media import MEDIA
from rendering.cohere_chat.numbers import NUMBERS
from rendering.cohere_chat.own_state import OWN_STATE
from rendering.cohere_chat.texts import TEXTS
from rendering.cohere_chat.tool_history import TOOL_HISTORY
from rendering.cohere_chat.tools import TOOLS
from rendering.expectation import merged

EXPECTED = merged(TEXTS, MEDIA, TOOLS, TOOL_HISTORY, OWN_STATE, FORMATS, NUMBERS)
