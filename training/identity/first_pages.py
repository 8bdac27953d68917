"""Writes the first actors of a corpus, to be judged: `python -m training.identity.first_pages`.

Belongs here: the lists that readers judge (`docs/quality.md`, "The first page"). Does not belong
here: their verdicts, and `newsactors top`, which users see.

    python -m training.identity.first_pages --out FOLDER [--extractor fast] [--corpus reuters]

writes a Markdown file for each corpus, outside the repository because it quotes the texts: the
first 50 of either type by articles, each with its forms and up to three mentions.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import duckdb

from etl.domain import Article
from etl.extract import get_extractor
from training.corpora import releases, reuters
from training.identity.linking import link, warehouse
from training.identity.sample import Text, polnear, wikinews

FIRST = 50
SNIPPETS, AROUND = 3, 60
RELEASES, YEARS, SEED = 500, (2013, 2014), 5
TYPES = {"PERSON": "persons", "ORG": "organisations"}


def _as_texts(corpus: str, items: Iterable[reuters.Item]) -> Iterator[Text]:
    for item in items:
        article = Article(
            item.headline or None, item.body, outlet=item.outlet, published_on=item.published_on
        )
        yield Text(f"{corpus}/{item.number}", article)


def _reuters() -> Iterator[Text]:
    """Yield the items of 1.sgm and 20.sgm."""
    found = list(reuters.items())
    return _as_texts("reuters", found[:1000] + found[19_000:20_000])


def _releases() -> Iterator[Text]:
    found = list(releases.items(YEARS))
    return _as_texts("releases", random.Random(SEED).sample(found, RELEASES))


CORPORA: dict[str, Callable[[], Iterator[Text]]] = {
    "reuters": _reuters,
    "polnear": lambda: polnear("train"),
    "wikinews": wikinews,
    "releases": _releases,
}

_ACTORS = """
create temp table linked as
select l.entity_id, l.method = 'name' as is_own, a.name, a.type, a.content_sha256, a.text_actor_id
from loaded.text_actors a join loaded.text_links l using (text_actor_id);

create temp table actors as
with names as (
  select entity_id, name from linked group by entity_id, name
  qualify row_number() over (
    partition by entity_id
    order by count(*) filter (is_own) desc, count(*) desc, length(name) desc, name
  ) = 1
)
select entity_id, n.name, mode(type) as type, count(distinct content_sha256) as articles,
  list(distinct l.name || ' ' || type order by l.name || ' ' || type)[:6] as forms
from linked l join names n using (entity_id)
group by entity_id, n.name
"""
_MENTIONS = """
select m.content_sha256, m.part, m.char_start, m.char_end
from loaded.text_mentions m join linked using (text_actor_id)
where entity_id = $entity and m.kind = 'name'
order by hash(m.mention_id) limit $most
"""


def page(con: duckdb.DuckDBPyConnection, articles: dict[str, Article], corpus: str) -> str:
    """Return the lists of a linked warehouse as Markdown."""
    con.execute(_ACTORS)
    lines = []
    for type_, plural in TYPES.items():
        lines += [f"# {corpus}: first {FIRST} {plural}", ""]
        rows = con.execute(
            "select entity_id, name, articles, forms from actors where type = ? "
            "order by articles desc, entity_id limit ?",
            [type_, FIRST],
        ).fetchall()
        for rank, (entity, name, count, forms) in enumerate(rows, start=1):
            lines.append(f"{rank}. **{name}** ({count} articles; forms: {'; '.join(forms)})")
            for document, part, start, end in con.execute(
                _MENTIONS, {"entity": entity, "most": SNIPPETS}
            ).fetchall():
                text = articles[document].text(part)
                before, after = text[max(0, start - AROUND) : start], text[end : end + AROUND]
                lines.append(f"   - {before}<<{text[start:end]}>>{after}".replace("\n", " "))
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Write the lists."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--extractor", default="tagger")
    parser.add_argument("--corpus", action="append", choices=tuple(CORPORA))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    extractor = get_extractor(options.extractor)
    for corpus in options.corpus or CORPORA:
        texts = list(CORPORA[corpus]())
        con = warehouse(texts, list(extractor.extract_many([text.article for text in texts])))
        link(con)
        lists = page(con, {text.document: text.article for text in texts}, corpus)
        (options.out / f"{options.extractor}_{corpus}.md").write_text(lists, encoding="utf-8")


if __name__ == "__main__":
    main()
