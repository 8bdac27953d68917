"""Markdown with front matter: fields between lines of dashes (YAML) or pluses (TOML), then text.

Belongs here: parsing both. Does not belong here: the meaning of the fields
(`readers.records.fields`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import yaml

from etl.readers.base import Rejected
from etl.readers.decode import decode
from etl.readers.markup import text_of
from etl.readers.reader import Part
from etl.readers.records.fields import part_of
from etl.readers.source import Source

name = "markdown"

_YAML = re.compile(r"\s*---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_TOML = re.compile(r"\s*\+\+\+[ \t]*\n(.*?)\n\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL)
_MAX_FRONT = 1 << 16
_HEADING = re.compile(r"#{1,2}[ \t]+(?=\S)(.*)(?:\n|\Z)")


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """A safe loader without aliases, which could expand a single line to gigabytes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not allowed in front matter")
        return super().compose_node(parent, index)


def sniff(head: bytes, path: str) -> float:
    """High for front matter, else judged by the name alone."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if re.match(rb"---[ \t]*\r?\n(?:#[^\n]*\n|\s*\n)*[A-Za-z_][\w -]*:", text):
        return 0.8
    if re.match(rb"\+\+\+[ \t]*\r?\n\s*[A-Za-z_][\w-]*\s*=", text):
        return 0.8
    return 0.6 if path.lower().endswith((".md", ".markdown")) else 0.0


def read(source: Source) -> Iterator[Part]:
    """Yield the only article. Raises Rejected."""
    text = decode(source.data(), source.charset)
    front, rest = _front_matter(text)
    record = {str(key): value for key, value in front.items()}
    heading = _HEADING.match(rest.lstrip())
    if not any(key in record for key in ("title", "headline")) and heading:
        record["title"] = _plain(heading[1].rstrip().rstrip("#"))
        rest = rest.lstrip()[heading.end() :]
    record["body"] = _plain(rest)
    yield part_of(record, source, name, "front matter")


def _front_matter(text: str) -> tuple[dict[Any, Any], str]:
    for pattern, load in ((_YAML, _yaml), (_TOML, tomllib.loads)):
        if (match := pattern.match(text)) and match.end(1) <= _MAX_FRONT:
            try:
                front = load(match[1])
            except (yaml.YAMLError, tomllib.TOMLDecodeError, ValueError, TypeError) as error:
                raise Rejected(
                    "malformed", f"cannot parse the front matter: {error}"[:300], "fix it"
                ) from None
            if isinstance(front, dict):
                return front, text[match.end() :]
    return {}, text


def _yaml(text: str) -> Any:
    return yaml.load(text, Loader=_Loader)


def _plain(text: str) -> str:
    """Return the text without markup: blank lines between blocks, no images or fenced code.

    An indented paragraph would be code, and in an article it is none. Blocks of HTML give their
    text.
    """
    from markdown_it import MarkdownIt

    blocks: list[str] = []
    for token in MarkdownIt("commonmark", {"maxNesting": 20}).parse(text):
        if token.type == "html_block":
            if block := text_of(token.content):
                blocks.append(block)
        elif token.type == "code_block":
            blocks.append(" ".join(token.content.split()))
        elif token.type == "inline":
            parts = [
                " " if child.type in ("softbreak", "hardbreak") else child.content
                for child in token.children or ()
                if child.type in ("text", "code_inline", "softbreak", "hardbreak")
            ]
            if block := "".join(parts).strip():
                blocks.append(block)
    return "\n\n".join(blocks)
