"""What citations refer to: one source for every answer."""

TITLE = "Light, à la carte"
URL = "https://example.com/light"
QUOTE = "Short waves are scattered most, dit-on."
"""The words of the source."""
