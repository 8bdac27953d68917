"""Page of one article: its text with all mentions and quotes marked, and its source."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

from etl.explorer.blocks import Column, Link, Page, Row, Section, Segment, Table, Text
from etl.explorer.view_request import NotFoundError, ViewRequest
from etl.explorer.views.links import NO_HEADLINE, to_actor, to_story
from etl.query.display import counted

MAX_COLOURS = 8
"""The most-mentioned actors get a colour of their own; all others share the last one."""

_ARTICLE = """
select a.*, s.article_count as story_article_count, s.outlet_count as story_outlet_count
from articles a left join stories s using (story_id) where article_id = $id
"""
_MENTIONS = """
select m.*, e.name from mentions m left join entities e using (entity_id)
where article_id = $id order by part, char_start, char_end desc
"""
_QUOTES = """
select q.*, coalesce(q.act, 'statement') = 'statement' as is_statement, e.name as speaker_name,
  g.article_count as group_article_count
from quotes q left join entities e on e.entity_id = q.speaker_entity_id
left join quote_groups g using (quote_group_id)
where article_id = $id order by part, char_start, char_end desc
"""
_UTTERANCES = """
select * from utterances where article_id = $id order by part, char_start, char_end desc
"""


def article(request: ViewRequest) -> Page:
    """Return the page of an article; `actor` gets the first colour."""
    article_id = request.text("id")
    found = request.rows(_ARTICLE, id=article_id)
    if not found:
        raise NotFoundError(f"there is no article {article_id!r}")
    row = found[0]
    mentions = request.rows(_MENTIONS, id=row["article_id"])
    quotes = request.rows(_QUOTES, id=row["article_id"])
    actor_id = request.text("actor")
    colours = _colours(mentions, actor_id)
    heading = None
    if row["headline"]:
        segments = _segments(row["headline"], "headline", mentions, quotes, colours)
        heading = Text(segments, is_headline=True)
    sections = [
        Section(
            "",
            [Text(_segments(row["body"], "body", mentions, quotes, colours))],
            layout="main",
        ),
        Section("Actors", [_actors(mentions, quotes, colours)], _LEGEND, layout="side"),
        Section("Quotes", [_utterances(request, row["article_id"], quotes)]),
        Section("Source", [_source(row)]),
    ]
    return Page(
        "article",
        row["headline"] or NO_HEADLINE,
        sections,
        _lead(row),
        {"id": row["article_id"], "actor": actor_id or None},
        heading=heading,
    )


_LEGEND = (
    "A line below a name or pronoun has its actor’s colour, a quote that of its speaker. A dotted "
    "edge: what somebody thinks or wants. A button marks an actor in the text; the keys n and p go "
    "to the next and the previous place. Hover over the text to see method and confidence."
)


def _lead(row: Row) -> str:
    authors = ", ".join(row["authors"] or [])
    day = str(row["published_on"] or "no date")
    return " – ".join(filter(None, (row["outlet"], day, authors, f"{row['word_count']:,} words")))


def _colours(mentions: list[Row], actor_id: str) -> dict[str, int]:
    """Return the colour of each actor: first the requested one, then the most-mentioned."""
    counts = Counter(m["entity_id"] for m in mentions if m["entity_id"])
    ranked = sorted(counts, key=lambda i: (i != actor_id, -counts[i], i))
    return {entity_id: min(rank, MAX_COLOURS) for rank, entity_id in enumerate(ranked, start=1)}


def _segments(
    text: str, part: str, mentions: list[Row], quotes: list[Row], colours: dict[str, int]
) -> list[Segment]:
    """Split a text wherever a mention or a quote starts or ends."""
    mentions = [m for m in mentions if m["part"] == part]
    quotes = [q for q in quotes if q["part"] == part]
    cuts = {0, len(text)}
    for span in (*mentions, *quotes):
        cuts |= {span["char_start"], span["char_end"]}
    segments = []
    for start, end in pairwise(sorted(cuts)):
        mention = _innermost(mentions, start, end)
        quote = _innermost(quotes, start, end)
        anchor = ""
        if mention and mention["char_start"] == start:
            anchor = f"m-{mention['mention_id']}"
        if quote and quote["char_start"] == start:
            anchor = f"q-{quote['quote_id']}"
        entity_id = mention["entity_id"] if mention else None
        speaker = quote["speaker_entity_id"] if quote else None
        segments.append(
            Segment(
                text[start:end],
                anchor,
                _describe_mention(mention) if mention else "",
                _describe_quote(quote) if quote else "",
                colours.get(entity_id, 0) if entity_id else 0,
                entity_id or "",
                speaker or "",
                colours.get(speaker, 0) if speaker else 0,
                bool(quote and quote["is_statement"]),
                Link("actor", {"id": entity_id}) if entity_id else None,
                f"q-{quote['quote_id']}" if quote else "",
            )
        )
    return segments


def _innermost(spans: list[Row], start: int, end: int) -> Row | None:
    """Return the shortest span that covers a stretch of text."""
    covering = [s for s in spans if s["char_start"] <= start and end <= s["char_end"]]
    return min(covering, key=lambda s: s["char_end"] - s["char_start"], default=None)


def _describe_mention(mention: Row) -> str:
    text = f"{mention['name'] or 'unresolved actor'} ({mention['kind']}, {mention['type']})"
    if mention["role"]:
        text += f", as “{mention['role']}”"
    return f"{text} · {mention['method']} · confidence {mention['confidence']:.0%}"


def _describe_quote(quote: Row) -> str:
    text = f"{quote['kind']} {quote['act'] or 'quote'}, {_speaker_name(quote) or 'unknown speaker'}"
    if quote["cue"]:
        text += f" (“{quote['cue']}”)"
    text += f" · {quote['method']} · confidence {quote['confidence']:.0%}"
    if quote["speaker_confidence"] is not None:
        text += f", speaker {quote['speaker_confidence']:.0%}"
    return text


def _speaker_name(quote: Row) -> str | None:
    name: str | None = quote["speaker_name"] or quote["speaker_surface"]
    return name


def _actors(mentions: list[Row], quotes: list[Row], colours: dict[str, int]) -> Table:
    actors: dict[str, Row] = {}
    for mention in mentions:
        if mention["entity_id"]:
            row = actors.setdefault(
                mention["entity_id"],
                {
                    "entity_id": mention["entity_id"],
                    "name": mention["name"],
                    "colour": colours[mention["entity_id"]],
                    "mention_count": 0,
                    "role": None,
                    "statement_count": 0,
                },
            )
            row["mention_count"] += 1
            row["role"] = row["role"] or mention["role"]
    statements = {
        (quote["speaker_entity_id"], quote["utterance_id"])
        for quote in quotes
        if quote["is_statement"]
    }
    for speaker, count in Counter(speaker for speaker, _ in statements if speaker).items():
        if speaker in actors:
            actors[speaker]["statement_count"] = count
    columns = [
        Column("colour", "", "chip"),
        Column("name", "Actor", link=to_actor),
        Column("mention_count", "Mentions", "count"),
        Column("statement_count", "Statements", "count"),
    ]
    rows = sorted(actors.values(), key=lambda row: (-row["mention_count"], row["name"]))
    return Table("actors", "Actors in this article", columns, rows, "No actors found.")


def _utterances(request: ViewRequest, article_id: str, quotes: list[Row]) -> Table:
    columns = [
        Column("speaker", "Speaker", link=_to_speaker),
        Column("text", "Quote", "long", link=_to_quote),
        Column("kind", "Kind"),
        Column("act", "Act"),
        Column("cue", "Cue"),
        Column("confidence", "Confidence", "share"),
        Column("elsewhere", "Quoted in", link=_to_versions),
    ]
    pieces: dict[str, list[Row]] = {}
    for quote in quotes:
        pieces.setdefault(quote["utterance_id"], []).append(quote)
    rows = []
    for utterance in request.rows(_UTTERANCES, id=article_id):
        own = pieces[utterance["utterance_id"]]
        known = max(own, key=lambda piece: piece["group_article_count"] or 0)
        count = known["group_article_count"]
        rows.append(
            utterance
            | {
                "speaker": _speaker_name(utterance) or "unknown",
                "quote_id": own[0]["quote_id"],
                "quote_group_id": known["quote_group_id"],
                "elsewhere": counted(count, "article") if count and count > 1 else None,
            }
        )
    return Table("quotes", "Quotes in this article", columns, rows, "No quotes found.")


def _to_speaker(row: Row) -> Link | None:
    return Link("actor", {"id": row["speaker_entity_id"]}) if row["speaker_entity_id"] else None


def _to_quote(row: Row) -> Link:
    return Link("article", {"id": row["article_id"]}, f"q-{row['quote_id']}")


def _to_versions(row: Row) -> Link | None:
    return Link("quotes", {"group": row["quote_group_id"]}) if row["elsewhere"] else None


def _source(row: Row) -> Table:
    story = "none"
    if row["story_article_count"]:
        articles = counted(row["story_article_count"], "article")
        story = f"{articles}, {counted(row['story_outlet_count'], 'outlet')}"
    facts = [
        ("Archived original", f"raw/objects, SHA-256 {row['source_sha256']}", None),
        ("Read from", f"{row['source_path']}, item {row['source_item']}", None),
        ("Format", row["source_format"], None),
        ("Date", _with_method(row["published_on"], row["date_method"]), None),
        ("Outlet", _with_method(row["outlet"], row["outlet_method"]), None),
        ("Language", row["language"] or "unknown", None),
        ("Story", story, to_story(row)),
        ("Ingested", f"{row['ingested_at']:%Y-%m-%d %H:%M %Z}, run {row['run_id']}", None),
        ("Extractor", row["extractor_version"], None),
        ("Article id", row["article_id"], None),
    ]
    rows = [{"fact": fact, "value": value, "to": link} for fact, value, link in facts]
    columns = [Column("fact", ""), Column("value", "", "long", link=lambda row: row["to"])]
    return Table("origin", "Source", columns, rows)


def _with_method(value: Any, method: str | None) -> str:
    """Return a value with the method that found it."""
    return f"{value or 'unknown'} (method: {method or 'unknown'})"
