"""What Anthropic's models of different versions take, by their names: the API refuses the rest with 400.

Reference: https://docs.anthropic.com/en/docs/about-claude/models/migrating-to-claude-4
"""

import re

_CLAUDE = re.compile(r"claude-(?:[a-z]+-)?(\d+)(?:[.-](\d{1,2})(?!\d))?")

# From here on thinking adapts by itself, and takes an effort.
_ADAPTIVE = (4, 6)
# After it, neither sampling nor a budget for thinking can be set.
_LAST_TO_SAMPLE = (4, 6)
_NEWEST = (1000, 0)


def _version(model: str) -> tuple[int, int]:
    """Return a Claude's version; a name that tells none is the newest's, another vendor's is one that takes all."""
    if not model.startswith("claude-"):
        return _ADAPTIVE
    match = _CLAUDE.match(model)
    return _NEWEST if match is None else (int(match[1]), int(match[2] or 0))


def takes_sampling(model: str) -> bool:
    """Tell whether temperature, top_p and top_k can be set, and a budget for thinking."""
    return _version(model) <= _LAST_TO_SAMPLE


def takes_effort(model: str) -> bool:
    """Tell whether thinking is asked for by its effort; if not, by a budget."""
    return _version(model) >= _ADAPTIVE
