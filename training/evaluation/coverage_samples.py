"""The samples of `training.evaluation.coverage`: found and gold counts of actors by article.

Belongs here: gold counts by actor and article of each corpus, and matching found actors to gold
actors. Does not belong here: series, intervals and their coverage (`training.evaluation.coverage`).

    PolNeAR people         Trump and Clinton by name, as the metadata count them (see
                           `training.evaluation.counts`), and headlines by the same rule
    PolNeAR attributions   utterances and quoted words of every actor found
    GUM news               names and pronouns of every actor found
    our own                everything, of every actor found (`etl/quality/gold`)

The shipped resolver links actors across articles, so that a month covers several articles.
`training.identity.linking` measures whether the links are right. The gold count of a found actor in
an article is that of the gold actor with which it shares most mentions there, or 0 if another found
actor shares more. An actor that was not found has no series, so its gold counts nowhere.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from etl.domain import Article, Extraction, Mention, MentionKind, Quote
from etl.quality.gold import GoldArticle, GoldMention, read_gold
from etl.storage.article_ids import local_id
from training.corpora.gold import (
    PRONOUNS,
    Capitals,
    LinkedText,
    QuotedText,
    Span,
    gum_news,
    polnear,
    trimmed,
)
from training.evaluation.counts import PEOPLE, actors_named
from training.evaluation.quotes import compare
from training.evaluation.runner import CorpusRunner
from training.identity.linking import link, warehouse
from training.identity.sample import Text, polnear_metadata

Place = tuple[str, int, int]
"""Part, start and end of a mention."""

_DAY = date(2024, 1, 1)
"""The day of articles without one, so that they share one month."""
_QUOTED = re.compile(
    r"(?:[“\"]|'')(?:[^“”\"'\n]|'(?!'))+(?:[”\"]|'')?|(?<!\w)[‘'](?!')[^‘\n]+?[’'](?!\w)"
)
"""Quoted text: from an opening to a closing mark, or to the end of the paragraph."""
_HEAD = re.compile(r"(?:\W*|,.*|\s+(?:who|of|and|or|in|at)\b.*)\Z", re.S)
"""What may follow the speaker's name within a source: "Lee, a lawyer", not "Lee's lawyer"."""


@dataclass(frozen=True)
class Appearance:
    """An actor in an article: what was found, and the gold count by measure.

    `gold` lacks the measures that the sample does not annotate.
    """

    entity_id: str
    article_id: str
    published_on: date
    outlet: str
    gold: Mapping[str, int]
    mentions: Sequence[Mention] = ()
    quotes: Sequence[Quote] = ()
    has_headline: bool = True


def people(texts: Iterable[tuple[QuotedText, Extraction]]) -> Iterator[Appearance]:
    """Yield Trump and Clinton in every article, with the counts of PolNeAR's metadata.

    If the metadata contradict their own rule (6 for an article with "Clinton" 29 times), it is
    unknown what they counted, and that appearance is left out.
    """
    metadata = polnear_metadata()
    for text, extraction in texts:
        row = metadata[text.name]
        headline = text.article.text("headline")
        for given, surname, column in PEOPLE:
            named = re.compile(rf"(?<!Bill ){surname}\b")
            count = int(row[column])
            if count != len(named.findall(text.text)):
                continue
            actors = actors_named(extraction, given, surname)
            yield Appearance(
                surname,
                text.name,
                date.fromisoformat(row["publication_date"]),
                row["publisher"],
                {
                    "name_mention": count,
                    "article": int(count > 0),
                    "headline_article": int(bool(named.search(headline))),
                },
                [m for m in extraction.mentions if m.actor in actors],
            )


def speakers(texts: Sequence[tuple[QuotedText, Extraction]]) -> Iterator[Appearance]:
    """Yield actors of PolNeAR with the attributions whose source refers to them."""
    metadata = polnear_metadata()
    articles = {
        text.name: replace(
            text.article,
            outlet=metadata[text.name]["publisher"],
            published_on=date.fromisoformat(metadata[text.name]["publication_date"]),
        )
        for text, _ in texts
    }
    entities_by_article = _linked(articles, {text.name: extraction for text, extraction in texts})
    for text, extraction in texts:
        entities = entities_by_article[text.name]
        gold: dict[str, Counter[str]] = defaultdict(Counter)
        quoted = _quoted_words(text.text)
        for attribution, actor in zip(
            text.attributions, _gold_speakers(text, extraction), strict=True
        ):
            if actor is not None:
                gold[entities[actor]]["utterance"] += 1
                gold[entities[actor]]["quoted_word"] += sum(
                    start <= word < end for start, end in attribution.content for word in quoted
                )
        article = articles[text.name]
        for entity, (mentions, spoken) in _by_entity(extraction, entities).items():
            yield Appearance(
                entity,
                text.name,
                article.published_on or _DAY,
                article.outlet or "",
                {key: gold[entity][key] for key in ("utterance", "quoted_word")},
                mentions,
                spoken,
            )


def _gold_speakers(text: QuotedText, extraction: Extraction) -> Iterator[int | None]:
    """Yield, for each attribution, the found actor that is its source, or None."""
    comparison = compare(text, extraction)
    speakers = {q.utterance: q.speaker for q in extraction.quotes}
    by_match = {
        match.gold: list(speakers.values())[match.found]
        for match in comparison.matches
        if comparison.is_right(match)
    }
    for number, attribution in enumerate(text.attributions):
        speaker = by_match.get(number)
        if speaker is None:
            speaker = _named_in(attribution.source, text, extraction)
        yield speaker


def _quoted_words(text: str) -> list[int]:
    """Return the start of each word within quotation marks."""
    return sorted(
        {
            quoted.start() + word.start()
            for quoted in _QUOTED.finditer(text)
            for word in re.finditer(r"[^\s“”\"‘’'][^\s“”\"]*", quoted[0])
        }
    )


def _named_in(source: Sequence[Span], text: QuotedText, extraction: Extraction) -> int | None:
    """Return the actor of the first mention that is the head of a gold source; persons first."""
    heads = []
    for start, end in (trimmed(text.text, s) for s in source):
        for m in extraction.mentions:
            a, b = text.span(m.part, m.char_start, m.char_end)
            if m.actor is not None and start <= a and b <= end and _HEAD.match(text.text[b:end]):
                heads.append((m.type != "PERSON", a, m.actor))
    return min(heads)[2] if heads else None


def gum(texts: Sequence[tuple[LinkedText, Extraction]]) -> Iterator[Appearance]:
    """Yield the actors of GUM news found by name, with all mentions of the matching gold actor."""
    entities_by_article = _linked(
        {t.name: t.article for t, _ in texts}, {t.name: e for t, e in texts}
    )
    for text, extraction in texts:
        body = text.span("body", 0, 0)[0]
        gold = {
            str(number): cluster
            for number, cluster in enumerate(_gum_mentions(text))
            if any(kind == "name" for _, kind in cluster)
        }
        found = {
            entity: mentions
            for entity, (mentions, _) in _by_entity(
                extraction, entities_by_article[text.name]
            ).items()
            if mentions and mentions[0].type not in ("OTHER", "NORP")
        }
        gold_of = _paired(
            {key: [("", *span) for span, _ in cluster] for key, cluster in gold.items()},
            {
                entity: [("", *text.span(m.part, m.char_start, m.char_end)) for m in mentions]
                for entity, mentions in found.items()
            },
        )
        for entity, mentions in found.items():
            cluster = gold.get(gold_of.get(entity, ""), [])
            counts = {
                "mention": len(cluster),
                "name_mention": sum(kind == "name" for _, kind in cluster),
                "article": int(bool(cluster)),
                "headline_article": int(any(start < body for (start, _), _ in cluster)),
            }
            yield Appearance(entity, text.name, _DAY, "", counts, mentions)


def _gum_mentions(text: LinkedText) -> list[list[tuple[Span, MentionKind]]]:
    """Return the mentions of each cluster with their kind, without nested ones of the same cluster.

    GUM's mentions are whole phrases ("Jason Beghe, an actor who left Scientology"). A mention is a
    name if it has a capitalised name word of its own, outside smaller phrases of other clusters.
    Its span then runs from the first to the last of these words.
    """
    capitals = Capitals(text)
    everywhere = [(span, n) for n, cluster in enumerate(text.clusters) for span in cluster]
    result = []
    for number, cluster in enumerate(text.clusters):
        mentions: list[tuple[Span, MentionKind]] = []
        for start, end in sorted(cluster):
            if any(a <= start and end <= b and (a, b) != (start, end) for a, b in cluster):
                continue
            if text.text[start:end].lower() in PRONOUNS:
                mentions.append(((start, end), "pronoun"))
                continue
            others = [(a, b) for (a, b), n in everywhere if n != number and start <= a and b <= end]
            named = [
                word
                for word in capitals.named((start, end))
                if not any(a <= word[0] < b and (a, b) != (start, end) for a, b in others)
            ]
            if named:
                mentions.append(((named[0][0], named[-1][1]), "name"))
            else:
                mentions.append(((start, end), "nominal"))
        result.append(mentions)
    return result


def own(texts: Sequence[tuple[GoldArticle, Extraction]]) -> Iterator[Appearance]:
    """Yield every actor found in our own gold articles, with the counts of the gold actor."""
    entities_by_article = _linked(
        {g.name: g.article for g, _ in texts}, {g.name: e for g, e in texts}
    )
    for gold, extraction in texts:
        found = _by_entity(extraction, entities_by_article[gold.name])
        gold_of = _paired(
            {key: [_place(m) for m in gold.mentions if m.actor == key] for key in gold.actors},
            {entity: [_place(m) for m in mentions] for entity, (mentions, _) in found.items()},
        )
        for entity, (mentions, spoken) in found.items():
            key = gold_of.get(entity)
            own_mentions = [m for m in gold.mentions if m.actor == key]
            own_quotes = [q for q in gold.quotes if q.speaker == key and key is not None]
            counts = {
                "mention": len(own_mentions),
                "name_mention": sum(m.kind == "name" for m in own_mentions),
                "article": int(bool(own_mentions)),
                "headline_article": int(any(m.part == "headline" for m in own_mentions)),
                "utterance": len({q.utterance for q in own_quotes if not q.is_optional}),
                "quoted_word": sum(len(q.text.split()) for q in own_quotes if q.kind != "indirect"),
            }
            headline = gold.article.headline
            yield Appearance(
                entity, gold.name, _DAY, "", counts, mentions, spoken, has_headline=bool(headline)
            )


def _place(mention: Mention | GoldMention) -> Place:
    return mention.part, mention.char_start, mention.char_end


def _by_entity(
    extraction: Extraction, entities: Mapping[int, str]
) -> dict[str, tuple[list[Mention], list[Quote]]]:
    found: dict[str, tuple[list[Mention], list[Quote]]] = defaultdict(lambda: ([], []))
    for mention in extraction.mentions:
        if mention.actor is not None:
            found[entities[mention.actor]][0].append(mention)
    for quote in extraction.quotes:
        if quote.speaker is not None:
            found[entities[quote.speaker]][1].append(quote)
    return found


def _linked(
    articles: Mapping[str, Article], found: Mapping[str, Extraction]
) -> dict[str, dict[int, str]]:
    """Return the entity of each actor by article, as the shipped resolver decides."""
    con = warehouse([Text(name, a) for name, a in articles.items()], [found[n] for n in articles])
    link(con)
    entities = dict(
        con.execute("select text_actor_id, entity_id from loaded.text_links").fetchall()
    )
    return {
        name: {
            actor.local_id: entities[local_id(name, "actor", actor.local_id)]
            for actor in found[name].actors
        }
        for name in articles
    }


def _paired(
    gold: Mapping[str, Sequence[Place]], found: Mapping[str, Sequence[Place]]
) -> dict[str, str]:
    """Match found actors to the gold actor with most shared mentions, each at most once."""
    shared: Counter[tuple[str, str]] = Counter()
    for key, places in gold.items():
        for actor, others in found.items():
            shared[key, actor] = sum(
                a[0] == b[0] and a[1] < b[2] and b[1] < a[2] for a in places for b in others
            )
    result: dict[str, str] = {}
    for (key, actor), count in shared.most_common():
        if count and actor not in result and key not in result.values():
            result[actor] = key
    return result


def samples(runner: CorpusRunner) -> dict[str, list[Appearance]]:
    """Return the appearances of each sample, by its name."""
    gold = read_gold()
    extractions = runner.extractor.extract_many([g.article for g in gold])
    result: dict[str, list[Appearance]] = {}
    for split in ("tune", "dev"):
        texts = runner.run(polnear, split)
        result[f"PolNeAR people, {split}"] = list(people(texts))
        result[f"PolNeAR attributions, {split}"] = list(speakers(texts))
    news = runner.run(gum_news)
    own_articles = list(zip(gold, extractions, strict=True))
    for name, half in (("fit", 0), ("check", 1)):
        result[f"GUM news, {name} half"] = list(gum([p for p in news if _half(p[0].name) == half]))
        result[f"our own, {name} half"] = list(
            own([p for p in own_articles if _half(p[0].name) == half])
        )
    return result


def _half(name: str) -> int:
    return zlib.crc32(name.encode()) % 2
