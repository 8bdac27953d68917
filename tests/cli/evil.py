"""Text that a hostile file could contain."""

EVIL = "\x1b]0;owned\x07\x1b[31mEvil\x9b2J Corp\u202e\r"
"""A name with control codes: window title, red, clear screen, reversed text."""
FORMULA = "=HYPERLINK('http://127.0.0.1')"
