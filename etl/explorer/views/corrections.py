"""Who is who, decided by people: likely pairs, what a correction would change, the history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from etl.corrections.csv_file import RegistryError, read_corrections
from etl.corrections.plan import make_plan
from etl.corrections.records import UNDO, Correction, CorrectionError
from etl.explorer.blocks import Column, Form, Input, Later, Link, Note, Page, Row, Section, Table
from etl.explorer.view_request import NotFoundError, RequestError, ViewRequest
from etl.explorer.views.links import to_actor
from etl.linking import suggest as suggesting
from etl.pipeline import submit_correction
from etl.query.correction_history import correction_history
from etl.query.display import counted
from etl.query.names import NameNotFoundError, names_of

SUGGESTED, SUGGESTIONS_KEPT = 20, 2_000
_TYPES = """
select entity_id, type from entities semi join (select unnest($ids::varchar[]) as entity_id)
using (entity_id)
"""
ACTIONS = {
    "merge": ("into", "Merge", "are one actor"),
    "distinct": ("other", "Keep apart", "are not the same"),
}


def corrections(ask: ViewRequest) -> Page:
    """Suggestions and history; with `action`, that correction and its effect, to be confirmed."""
    try:
        rows = read_corrections(ask.settings)
        if ask.text("action"):
            return _preview(ask)
        if ask.text("part"):
            return _likely_pairs(ask, rows)
        return _overview(ask, rows)
    except (CorrectionError, RegistryError) as error:
        warning = Note(str(error), is_warning=True, links=[("Back", Link("corrections"))])
        return Page("corrections", "Corrections", [Section("", [warning])])


def meant(ask: ViewRequest) -> tuple[str, list[tuple[str, str]], str]:
    """The action that an address or a form names, its arguments with ids, and what it undoes.

    Raises RequestError for what is no action of this page, NotFoundError for nobody's name.
    """
    action = ask.one_of("action", ["merge", "distinct", UNDO])
    if action == UNDO:
        return action, [], ask.text("undoes")
    other, _, _ = ACTIONS[action]
    plan = make_plan(read_corrections(ask.settings))
    pairs = []
    for key in ("actor", other):
        value = ask.text(key)
        if not value:
            raise RequestError(f"{action} needs two actors, and {key} is not given")
        try:
            pairs.append((key, submit_correction.actor(ask.con, plan, value)))
        except NameNotFoundError as error:
            raise NotFoundError(str(error), error.candidates, value) from None
    return action, pairs, ""


def _overview(ask: ViewRequest, rows: list[Correction]) -> Page:
    who = ask.actor(ask.text("actor")) if ask.text("actor") else None
    here = {"actor": who and who["entity_id"]}
    form = Form(
        "corrections",
        [
            Input("action", "", "merge", "hidden"),
            Input("actor", "This actor", who["name"] if who else "", "actor", is_required=True),
            Input("into", "is the same as", "", "actor", is_required=True),
        ],
        "See what merging them changes",
    )
    pairs = Link("corrections", here | {"part": "pairs"})
    history = list(reversed(correction_history(ask.con, rows)))
    more = Note(
        "An actor that is two, another name or type, another date or outlet of an article:",
        code="newsactors actors --help",
    )
    sections = [
        Section("Two names, one actor?", [form, more]),
        Section("Likely pairs", [Later("Looking for likely pairs …", pairs)], _ABOUT),
        Section("What was decided", [_history(history)]),
    ]
    lead = (
        "Nothing is changed before you have seen what it would change. Every correction keeps who, "
        "when and why, and can be taken back."
    )
    return Page("corrections", "Corrections", sections, lead, here)


_ABOUT = (
    "Names that look like one actor and are never side by side in one article. The evidence is "
    "beside them; read an article or two before you decide."
)


def _likely_pairs(ask: ViewRequest, rows: list[Correction]) -> Page:
    """The suggestions alone: comparing all names takes seconds, so they are kept."""
    who = ask.actor(ask.text("actor")) if ask.text("actor") else None
    key = ("pairs", tuple(row.id for row in rows))
    pairs = ask.remembered(
        key, lambda: suggesting.suggest(ask.con, make_plan(rows), limit=SUGGESTIONS_KEPT)
    )
    if who:
        mine = who["entity_id"]
        pairs = [pair for pair in pairs if mine in (pair["entity_id"], pair["into_entity_id"])]
    table = _suggestions(pairs[:SUGGESTED], who)
    here = {"part": "pairs", "actor": who and who["entity_id"]}
    return Page("corrections", "Likely pairs", [Section("", [table])], parameters=here)


def _suggestions(pairs: list[Row], who: Row | None) -> Table:
    rows = [
        pair
        | {"evidence": "; ".join(pair["evidence"]), "merge": "merge …", "apart": "keep apart …"}
        for pair in pairs
    ]

    def to(action: str, other: str) -> Any:
        return lambda row: Link(
            "corrections",
            {"action": action, "actor": row["entity_id"], other: row["into_entity_id"]},
        )

    columns = [
        Column("name", "Actor", link=to_actor),
        Column("type", "Type", "type"),
        Column("article_count", "Articles", "count", link=_articles_of("entity_id")),
        Column(
            "into_name",
            "May be",
            link=lambda row: Link("actor", {"id": row["into_entity_id"]}),
        ),
        Column("into_type", "Type", "type"),
        Column("into_article_count", "Articles", "count", link=_articles_of("into_entity_id")),
        Column("score", "Likely", "share"),
        Column("evidence", "Evidence", "long"),
        Column("merge", "", link=to("merge", "into")),
        Column("apart", "", link=to("distinct", "other")),
    ]
    caption = f"Who may be one with {who['name']}" if who else "The likeliest first"
    return Table("suggestions", caption, columns, rows, "No likely pairs.")


def _articles_of(key: str) -> Callable[[Row], Link]:
    return lambda row: Link("articles", {"actor": row[key]})


def _history(history: list[Row]) -> Table:
    rows = [
        {
            "correction_id": row["correction_id"],
            "at": row["at"],
            "author": row["author"],
            "what": _in_words(row),
            "because": row["because"],
            "status": row["status"],
            "detail": row["detail"],
            "undo": "take back …" if row["status"] == "applied" and row["action"] != UNDO else None,
        }
        for row in history
    ]
    columns = [
        Column("at", "When", "time"),
        Column("author", "Who"),
        Column("what", "What", "long"),
        Column("because", "Why", "long"),
        Column("status", "Status"),
        Column("detail", "", "long"),
        Column(
            "undo",
            "",
            link=lambda row: (
                Link("corrections", {"action": UNDO, "undoes": row["correction_id"]})
                if row["undo"]
                else None
            ),
        ),
    ]
    return Table("history", "Newest first", columns, rows, "Nobody has corrected anything yet.")


def _in_words(row: Row) -> str:
    about = row["about"]
    pairs = ", ".join(f"{key} {about.get(value, value)}" for key, value in row["arguments"])
    words = f"{row['action']} {pairs}".strip()
    return f"{words} {row['undoes']}" if row["undoes"] else words


def _known(entity_id: str, types: dict[str, str]) -> Link | None:
    """The page of an actor that is published: what a correction makes or takes back has none."""
    return Link("actor", {"id": entity_id}) if entity_id in types else None


def _preview(ask: ViewRequest) -> Page:
    action, pairs, undoes = meant(ask)
    _, effect = submit_correction.submit_correction(
        ask.settings,
        action,
        pairs,
        because="a look",
        author="etl.explorer",
        undoes=undoes,
        dry_run=True,
    )
    moved = [row[key] for row in effect.moves for key in ("from_entity_id", "to_entity_id")]
    names = names_of(ask.con, [*(value for _, value in pairs), *moved])
    types = {row["entity_id"]: row["type"] for row in ask.rows(_TYPES, ids=moved)}
    called = [names.get(value, value) for _, value in pairs]
    title = (
        f"Take back {undoes}"
        if action == UNDO
        else f"{called[0]} and {called[1]} {ACTIONS[action][2]}"
    )
    moves = [
        {
            "from": names.get(row["from_entity_id"], "a new actor"),
            "from_type": types.get(row["from_entity_id"]),
            "from_entity_id": row["from_entity_id"],
            "to": names.get(row["to_entity_id"], "a new actor"),
            "to_type": types.get(row["to_entity_id"]),
            "to_entity_id": row["to_entity_id"],
            "mentions": row["mentions"],
            "articles": row["articles"],
        }
        for row in effect.moves
    ]
    columns = [
        Column("from", "From", link=lambda row: _known(row["from_entity_id"], types)),
        Column("from_type", "Type", "type"),
        Column("to", "To", link=lambda row: _known(row["to_entity_id"], types)),
        Column("to_type", "Type", "type"),
        Column("mentions", "Mentions", "count"),
        Column("articles", "Articles", "count", link=_articles_of("from_entity_id")),
    ]
    hidden = [Input("action", "", action, "hidden"), Input("undoes", "", undoes, "hidden")]
    hidden += [Input(key, "", value, "hidden") for key, value in pairs]
    form = Form(
        "corrections",
        [
            *hidden,
            Input(
                "because",
                "Why, in a few words",
                kind="text",
                hint="how you know",
                is_required=action != UNDO,
            ),
            Input(
                "author", "Who decides", submit_correction.author_of(None), "text", is_required=True
            ),
        ],
        "Apply",
        posts_to="corrections",
    )
    mentions, articles = counted(effect.mentions, "mention"), counted(effect.articles, "article")
    total = f"{mentions} in {articles} would move."
    blocks: list[Any] = [Note(total)]
    blocks += [Note(note, is_warning=True) for note in effect.notes]
    blocks.append(Table("moves", "What would move", columns, moves, "No mention moves."))
    blocks.append(form)
    return Page(
        "corrections",
        title,
        [Section("What it changes", blocks)],
        "Not applied yet.",
        {"action": action, "undoes": undoes or None, **dict(pairs)},
    )
