"""One article: its text with every mention and quote in place, and where the original is."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

from etl.explorer.blocks import Column, Link, Page, Row, Section, Segment, Table, Text
from etl.explorer.view_request import NotFoundError, ViewRequest
from etl.explorer.views.links import to_actor, to_story
from etl.query.display import counted

COLOURS = 8
"""Actors of a text that get a colour of their own, those mentioned most first; others share one."""

_ARTICLE = """
select a.*, s.article_count as story_article_count, s.outlet_count as story_outlet_count
from articles a left join stories s using (story_id) where article_id = $id
"""
_MENTIONS = """
select m.*, e.name from mentions m left join entities e using (entity_id)
where article_id = $id order by part, char_start, char_end desc
"""
_QUOTES = """
select q.*, e.name as speaker_name, g.article_count as group_article_count
from quotes q left join entities e on e.entity_id = q.speaker_entity_id
left join quote_groups g using (quote_group_id)
where article_id = $id order by part, char_start, char_end desc
"""


def article(request: ViewRequest) -> Page:
    """The page of one article; `actor` is the one that the visitor came for."""
    found = request.rows(_ARTICLE, id=request.text("id"))
    if not found:
        raise NotFoundError(f"there is no article {request.text('id')!r}")
    row = found[0]
    mentions = request.rows(_MENTIONS, id=row["article_id"])
    quotes = request.rows(_QUOTES, id=row["article_id"])
    wanted = request.text("actor")
    colours = _colours(mentions, wanted)
    blocks: list[Any] = [
        Text(_segments(row["body"], "body", mentions, quotes, colours)),
    ]
    heading = (
        Text(_segments(row["headline"], "headline", mentions, quotes, colours), is_headline=True)
        if row["headline"]
        else None
    )
    sections = [
        Section("", blocks, _LEGEND),
        Section("Actors", [_actors(mentions, quotes)]),
        Section("Quotes", [_quotes(quotes)]),
        Section("Where this comes from", [_origin(row)]),
    ]
    return Page(
        "article",
        row["headline"] or "(no headline)",
        sections,
        _lead(row),
        {"id": row["article_id"], "actor": wanted or None},
        heading,
    )


_LEGEND = (
    "Underlined: a mention, a colour an actor. On grey: a quote. Point at either to see who is "
    "meant, how that was told and how sure it is; a click leads to the actor. The tables below say "
    "the same."
)


def _lead(row: Row) -> str:
    by = ", ".join(row["authors"] or [])
    day = row["published_on"] or "no date"
    return " – ".join(filter(None, (row["outlet"], str(day), by, f"{row['word_count']:,} words")))


def _colours(mentions: list[Row], wanted: str) -> dict[str, int]:
    counted = Counter(m["entity_id"] for m in mentions if m["entity_id"])
    order = sorted(counted, key=lambda i: (i != wanted, -counted[i], i))
    return {entity_id: min(place, COLOURS) for place, entity_id in enumerate(order, start=1)}


def _segments(
    text: str, part: str, mentions: list[Row], quotes: list[Row], colours: dict[str, int]
) -> list[Segment]:
    """A text cut wherever a mention or a quote begins or ends."""
    own = [m for m in mentions if m["part"] == part]
    said = [q for q in quotes if q["part"] == part]
    cuts = {0, len(text)}
    for span in (*own, *said):
        cuts |= {span["char_start"], span["char_end"]}
    segments = []
    for start, end in pairwise(sorted(cuts)):
        mention = _over(own, start, end)
        quote = _over(said, start, end)
        anchors = (
            [f"m-{mention['mention_id']}"] if mention and mention["char_start"] == start else []
        )
        anchors += [f"q-{quote['quote_id']}"] if quote and quote["char_start"] == start else []
        entity_id = mention["entity_id"] if mention else None
        segments.append(
            Segment(
                text[start:end],
                anchors[-1] if anchors else "",
                _about_mention(mention) if mention else "",
                _about_quote(quote) if quote else "",
                colours.get(entity_id, 0) if entity_id else 0,
                Link("actor", {"id": entity_id}) if entity_id else None,
                f"q-{quote['quote_id']}" if quote else "",
            )
        )
    return segments


def _over(spans: list[Row], start: int, end: int) -> Row | None:
    """The shortest span that covers a stretch."""
    covering = [s for s in spans if s["char_start"] <= start and end <= s["char_end"]]
    return min(covering, key=lambda s: s["char_end"] - s["char_start"], default=None)


def _about_mention(mention: Row) -> str:
    name = mention["name"] or "undecided who"
    words = f"{name} ({mention['kind']}, {mention['type']})"
    if mention["role"]:
        words += f", as “{mention['role']}”"
    return f"{words} · {mention['method']} · {mention['confidence']:.0%} sure"


def _about_quote(quote: Row) -> str:
    speaker = quote["speaker_name"] or quote["speaker_surface"] or "unknown speaker"
    words = f"{quote['kind']} quote, {speaker}"
    if quote["cue"]:
        words += f" (“{quote['cue']}”)"
    words += f" · {quote['method']} · {quote['confidence']:.0%} sure"
    if quote["speaker_confidence"] is not None:
        words += f", speaker {quote['speaker_confidence']:.0%}"
    return words


def _actors(mentions: list[Row], quotes: list[Row]) -> Table:
    named: dict[str, Row] = {}
    for m in mentions:
        if m["entity_id"]:
            row = named.setdefault(
                m["entity_id"],
                {
                    "entity_id": m["entity_id"],
                    "name": m["name"],
                    "mention_count": 0,
                    "role": None,
                    "utterance_count": 0,
                },
            )
            row["mention_count"] += 1
            row["role"] = row["role"] or m["role"]
    utterances = {(q["speaker_entity_id"], q["utterance_id"]) for q in quotes}
    for speaker, count in Counter(s for s, _ in utterances if s).items():
        if speaker in named:
            named[speaker]["utterance_count"] = count
    columns = [
        Column("name", "Actor", link=to_actor),
        Column("mention_count", "Mentions", "count"),
        Column("utterance_count", "Utterances", "count"),
        Column("role", "Title here"),
    ]
    rows = sorted(named.values(), key=lambda r: (-r["mention_count"], r["name"]))
    return Table("actors", "Who appears", columns, rows, "Nobody was found in it.")


def _quotes(quotes: list[Row]) -> Table:
    columns = [
        Column("speaker", "Speaker", link=lambda row: _speaker(row)),
        Column("text", "Words", "long", link=lambda row: _place(row)),
        Column("kind", "Kind"),
        Column("cue", "Cue"),
        Column("confidence", "Sure", "share"),
        Column("elsewhere", "Elsewhere", link=lambda row: _elsewhere(row)),
    ]
    rows = []
    for quote in quotes:
        speaker = quote["speaker_name"] or quote["speaker_surface"] or "unknown"
        count = quote["group_article_count"]
        rows.append(
            quote
            | {
                "speaker": speaker,
                "elsewhere": counted(count, "article") if count and count > 1 else None,
            }
        )
    return Table("quotes", "What is said", columns, rows, "Nobody is quoted.")


def _speaker(row: Row) -> Link | None:
    return Link("actor", {"id": row["speaker_entity_id"]}) if row["speaker_entity_id"] else None


def _place(row: Row) -> Link:
    return Link("article", {"id": row["article_id"]}, f"q-{row['quote_id']}")


def _elsewhere(row: Row) -> Link | None:
    return Link("quotes", {"group": row["quote_group_id"]}) if row["elsewhere"] else None


def _origin(row: Row) -> Table:
    facts = [
        ("Archived original", f"raw/objects, SHA-256 {row['source_sha256']}", None),
        ("Read from", f"{row['source_path']}, item {row['source_item']}", None),
        ("Format", row["source_format"], None),
        ("Date", f"{row['published_on'] or 'unknown'}, {row['date_method'] or 'not told'}", None),
        ("Outlet", f"{row['outlet'] or 'unknown'}, {row['outlet_method'] or 'not told'}", None),
        ("Language", row["language"] or "not determined", None),
        (
            "Story",
            f"{counted(row['story_article_count'], 'article')}, "
            f"{counted(row['story_outlet_count'], 'outlet')}"
            if row["story_article_count"]
            else "none",
            to_story(row),
        ),
        ("Ingested", f"{row['ingested_at']:%Y-%m-%d %H:%M %Z}, run {row['run_id']}", None),
        ("Extractor", row["extractor_version"], None),
        ("Article id", row["article_id"], None),
    ]
    rows = [{"fact": fact, "value": value, "to": to} for fact, value, to in facts]
    columns = [Column("fact", ""), Column("value", "", "long", link=lambda r: r["to"])]
    return Table("origin", "Where this comes from", columns, rows)
