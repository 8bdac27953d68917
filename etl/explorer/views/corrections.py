"""Corrections of who is who: likely duplicates, previews, and the history.

Does not belong here: recording and applying corrections (`etl.pipeline.submit_correction`,
`etl.pipeline.apply_corrections`).
"""

from __future__ import annotations

from typing import Any

from etl.corrections.csv_file import RegistryError, read_corrections
from etl.corrections.plan import make_plan
from etl.corrections.records import UNDO, Correction, CorrectionError
from etl.explorer.blocks import (
    Column,
    Deferred,
    Form,
    Input,
    Link,
    Note,
    Page,
    Row,
    Section,
    Table,
)
from etl.explorer.view_request import NotFoundError, RequestError, ViewRequest
from etl.explorer.views.links import to_actor, to_articles
from etl.linking.suggest import suggest
from etl.pipeline import submit_correction
from etl.query.correction_history import correction_history
from etl.query.display import counted
from etl.query.names import NameNotFoundError, names_of

MAX_SHOWN_PAIRS, MAX_CACHED_PAIRS = 20, 2_000
_TYPES = """
select entity_id, type from entities semi join (select unnest($ids::varchar[]) as entity_id)
using (entity_id)
"""
SECOND_ACTOR = {"merge": "into", "distinct": "other"}
"""Actions on two actors, and the name of the second actor's parameter."""


def corrections(request: ViewRequest) -> Page:
    """Return the overview, or with `action` the preview of that correction, to be confirmed."""
    try:
        records = read_corrections(request.settings)
        if request.text("action"):
            return _preview(request)
        if request.text("part"):
            return _likely_duplicates(request, records)
        return _overview(request, records)
    except (CorrectionError, RegistryError) as error:
        warning = Note(str(error), is_warning=True, links=[("Back", Link("corrections"))])
        return Page("corrections", "Corrections", [Section("", [warning])])


def requested_correction(request: ViewRequest) -> tuple[str, list[tuple[str, str]], str]:
    """Return the requested action, its arguments (with actor ids), and the correction to undo.

    Raises RequestError for an unknown action or a missing actor, and NotFoundError for an unknown
    name.
    """
    action = request.one_of("action", ["merge", "distinct", UNDO])
    if action == UNDO:
        return action, [], request.text("undoes")
    plan = make_plan(read_corrections(request.settings))
    pairs = []
    for key in ("actor", SECOND_ACTOR[action]):
        value = request.text(key)
        if not value:
            raise RequestError(f"{action} needs two actors: {key} is missing")
        try:
            pairs.append((key, submit_correction.actor(request.con, plan, value)))
        except NameNotFoundError as error:
            raise NotFoundError(str(error), error.candidates, value) from None
    return action, pairs, ""


def _overview(request: ViewRequest, records: list[Correction]) -> Page:
    entity = request.find_actor(request.text("actor")) if request.text("actor") else None
    parameters = {"actor": entity and entity["entity_id"]}
    name = entity["name"] if entity else ""
    form = Form(
        "corrections",
        [
            Input("action", "", "merge", "hidden"),
            Input("actor", "This actor", name, "actor", is_required=True),
            Input("into", "is the same as", "", "actor", is_required=True),
        ],
        "Preview the merge",
    )
    other_corrections = Note(
        "To split an actor, or to change a name, a type, or the date or outlet of an article, use "
        "the command line:",
        code="newsactors actors --help",
    )
    duplicates = Deferred(
        "Looking for likely duplicates …", Link("corrections", parameters | {"part": "pairs"})
    )
    history = list(reversed(correction_history(request.con, records)))
    sections = [
        Section("Merge two actors", [form, other_corrections]),
        Section("Likely duplicates", [duplicates], _ABOUT_DUPLICATES),
        Section("History", [_history(history)]),
    ]
    lead = (
        "You see the effect of a correction before it is applied. Every correction records who "
        "made it, when and why, and can be undone."
    )
    return Page("corrections", "Corrections", sections, lead, parameters)


_ABOUT_DUPLICATES = (
    "Actors with similar names. The table lists the evidence for and against. Read an article or "
    "two before you decide."
)


def _likely_duplicates(request: ViewRequest, records: list[Correction]) -> Page:
    """Return the suggested pairs only. Comparing all names takes seconds, so pairs are cached."""
    entity = request.find_actor(request.text("actor")) if request.text("actor") else None
    key = ("pairs", tuple(record.id for record in records))
    pairs = request.cached(
        key, lambda: suggest(request.con, make_plan(records), limit=MAX_CACHED_PAIRS)
    )
    if entity:
        entity_id = entity["entity_id"]
        pairs = [p for p in pairs if entity_id in (p["entity_id"], p["into_entity_id"])]
    table = _duplicate_table(pairs[:MAX_SHOWN_PAIRS], entity)
    parameters = {"part": "pairs", "actor": entity and entity["entity_id"]}
    section = Section("", [table])
    return Page("corrections", "Likely duplicates", [section], parameters=parameters)


def _duplicate_table(pairs: list[Row], entity: Row | None) -> Table:
    labels = {"merge": "merge …", "apart": "mark as different …"}
    rows = [pair | {"evidence": "; ".join(pair["evidence"])} | labels for pair in pairs]

    def preview(action: str) -> Any:
        return lambda row: Link(
            "corrections",
            {
                "action": action,
                "actor": row["entity_id"],
                SECOND_ACTOR[action]: row["into_entity_id"],
            },
        )

    columns = [
        Column("name", "Actor", link=to_actor),
        Column("type", "Type", "type"),
        Column("article_count", "Articles", "count", link=to_articles()),
        Column(
            "into_name",
            "May be the same as",
            link=lambda row: Link("actor", {"id": row["into_entity_id"]}),
        ),
        Column("into_type", "Type", "type"),
        Column("into_article_count", "Articles", "count", link=to_articles("into_entity_id")),
        Column("score", "Likelihood", "share"),
        Column("moved_mentions", "Mentions to move", "count"),
        Column("evidence", "Evidence", "long"),
        Column("merge", "", link=preview("merge")),
        Column("apart", "", link=preview("distinct")),
    ]
    caption = f"Possible duplicates of {entity['name']}" if entity else "Most likely first"
    return Table("suggestions", caption, columns, rows, "No likely duplicates found.")


def _history(history: list[Row]) -> Table:
    rows = [
        {
            "correction_id": row["correction_id"],
            "at": row["at"],
            "author": row["author"],
            "what": _describe(row),
            "because": row["because"],
            "status": row["status"],
            "detail": row["detail"],
            "undo": "undo …" if row["status"] == "applied" and row["action"] != UNDO else None,
        }
        for row in history
    ]
    columns = [
        Column("at", "Date", "time"),
        Column("author", "Author"),
        Column("what", "Correction", "long"),
        Column("because", "Reason", "long"),
        Column("status", "Status"),
        Column("detail", "", "long"),
        Column("undo", "", link=_undo),
    ]
    return Table("history", "Newest first", columns, rows, "No corrections yet.")


def _undo(row: Row) -> Link | None:
    if not row["undo"]:
        return None
    return Link("corrections", {"action": UNDO, "undoes": row["correction_id"]})


def _describe(row: Row) -> str:
    about = row["about"]
    pairs = ", ".join(f"{key} {about.get(value, value)}" for key, value in row["arguments"])
    text = f"{row['action']} {pairs}".strip()
    return f"{text} {row['undoes']}" if row["undoes"] else text


def _preview(request: ViewRequest) -> Page:
    action, pairs, undoes = requested_correction(request)
    _, effect = submit_correction.submit_correction(
        request.settings,
        action,
        pairs,
        because="preview",
        author="explorer",
        undoes=undoes,
        dry_run=True,
    )
    moved = [row[key] for row in effect.moves for key in ("from_entity_id", "to_entity_id")]
    names = names_of(request.con, [*(value for _, value in pairs), *moved])
    mentions, articles = counted(effect.mentions, "mention"), counted(effect.articles, "article")
    blocks: list[Any] = [
        Note(f"{mentions} in {articles} would move."),
        *(Note(note, is_warning=True) for note in effect.notes),
        _moves(request, effect.moves, names),
        _confirmation(action, pairs, undoes),
    ]
    return Page(
        "corrections",
        _title(action, [names.get(value, value) for _, value in pairs], undoes),
        [Section("Effect", blocks)],
        "Preview: not applied yet.",
        {"action": action, "undoes": undoes or None, **dict(pairs)},
    )


def _title(action: str, names: list[str], undoes: str) -> str:
    if action == UNDO:
        return f"Undo {undoes}"
    verb, suffix = ("Merge", "") if action == "merge" else ("Mark", " as different actors")
    return f"{verb} {names[0]} and {names[1]}{suffix}"


def _moves(request: ViewRequest, moves: list[Row], names: dict[str, str]) -> Table:
    ids = [move[key] for move in moves for key in ("from_entity_id", "to_entity_id")]
    types = {row["entity_id"]: row["type"] for row in request.rows(_TYPES, ids=ids)}

    def to_published(key: str) -> Any:
        """Return a link function. Actors that a correction creates have no page yet."""
        return lambda row: Link("actor", {"id": row[key]}) if row[key] in types else None

    rows = [
        {
            "from": names.get(move["from_entity_id"], "a new actor"),
            "from_type": types.get(move["from_entity_id"]),
            "from_entity_id": move["from_entity_id"],
            "to": names.get(move["to_entity_id"], "a new actor"),
            "to_type": types.get(move["to_entity_id"]),
            "to_entity_id": move["to_entity_id"],
            "mentions": move["mentions"],
            "articles": move["articles"],
        }
        for move in moves
    ]
    columns = [
        Column("from", "From", link=to_published("from_entity_id")),
        Column("from_type", "Type", "type"),
        Column("to", "To", link=to_published("to_entity_id")),
        Column("to_type", "Type", "type"),
        Column("mentions", "Mentions", "count"),
        Column("articles", "Articles", "count", link=to_articles("from_entity_id")),
    ]
    return Table("moves", "Mentions that would move", columns, rows, "No mentions would move.")


def _confirmation(action: str, pairs: list[tuple[str, str]], undoes: str) -> Form:
    author = submit_correction.author_of(None)
    hidden = [Input("action", "", action, "hidden"), Input("undoes", "", undoes, "hidden")]
    hidden += [Input(key, "", value, "hidden") for key, value in pairs]
    is_required = action != UNDO
    fields = [
        Input("because", "Reason", hint="how you know", is_required=is_required),
        Input("author", "Your name", author, is_required=True),
    ]
    return Form("corrections", [*hidden, *fields], "Apply", posts_to="corrections")
