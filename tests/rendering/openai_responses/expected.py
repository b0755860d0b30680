"""What is expected of Responses, for every conversation."""

from rendering.expectation import merged
from rendering.openai_responses.formats import FORMATS
from rendering.openai_responses.media import MEDIA
from rendering.openai_responses.numbers import NUMBERS
from rendering.openai_responses.own_state import OWN_STATE
from rendering.openai_responses.texts import TEXTS
from rendering.openai_responses.tool_history import TOOL_HISTORY
from rendering.openai_responses.tools import TOOLS

EXPECTED = merged(TEXTS, MEDIA, TOOLS, TOOL_HISTORY, OWN_STATE, FORMATS, NUMBERS)
