"""Stories as components of the graph of matches, whose ids stay, whatever is forgotten."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from etl.stories.grouping import Grouping, KeptStory, Match

GRAPHS = st.integers(1, 9).flatmap(
    lambda n: st.sets(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1))).map(
        lambda edges: (n, {(min(e), max(e)) for e in edges if e[0] != e[1]})
    )
)


def grouped(
    articles: list[int], edges: set[tuple[int, int]], kept: list[KeptStory] | None = None
) -> Grouping:
    """What comes of articles that arrive in order and match by the edges."""
    grouping = Grouping(
        kept={
            article: [story for story in kept or [] if article in story.article_ids]
            for article in {a for story in kept or [] for a in story.article_ids}
        }
    )
    for article in articles:
        matches = [Match(str(a), (a, 0), 0.9) for a, b in edges if b == article and a in articles]
        grouping.arrive(str(article), (article, 0), matches)
    return grouping


def stories(grouping: Grouping) -> dict[str, str]:
    return {article: grouping.current(story) for article, story in grouping.story_of.items()}


def redirects(grouping: Grouping) -> dict[str, str]:
    return {old: grouping.current(old) for old in grouping.moved}


@settings(deadline=None)
@given(GRAPHS)
def test_a_story_is_a_component_named_by_what_was_seen_first(
    graph: tuple[int, set[tuple[int, int]]],
) -> None:
    n, edges = graph
    component = list(range(n))
    for _ in range(n):
        for a, b in edges:
            component[a] = component[b] = min(component[a], component[b])
    grouping = grouped(list(range(n)), edges)
    assert stories(grouping) == {str(i): f"S{component[i]}" for i in range(n)}
    assert not set(redirects(grouping)) & set(stories(grouping).values())
    assert set(redirects(grouping).values()) <= set(stories(grouping).values())


@settings(deadline=None)
@given(GRAPHS, st.lists(st.integers(0, 8), max_size=3))
def test_forgetting_changes_nothing_for_the_others(
    graph: tuple[int, set[tuple[int, int]]], gone: list[int]
) -> None:
    n, edges = graph
    articles, kept = list(range(n)), list[KeptStory]()
    before = grouped(articles, edges)
    for article in gone:
        if article not in articles:
            continue
        now = stories(before)
        story = now[str(article)]
        others = tuple(a for a, s in now.items() if s == story and a != str(article))
        former = tuple(old for old, new in redirects(before).items() if new == story)
        sequence, item = before.first_seen[story]
        if others:
            kept.append(KeptStory(story, sequence, item, others, former))
        articles.remove(article)
        after = grouped(articles, edges, kept)
        assert stories(after) == {a: s for a, s in now.items() if a != str(article)}
        alive = set(stories(after).values())
        assert redirects(after) == {o: s for o, s in redirects(before).items() if s in alive}
        before = after


def test_who_shows_two_stories_to_be_one_leaves_a_redirect() -> None:
    grouping = grouped([0, 1, 2, 3], {(0, 2), (1, 2)})
    assert redirects(grouping) == {"S1": "S0"}
    assert {a: m.method for a, m in grouping.memberships.items()} == {
        "0": "first", "1": "first", "2": "text", "3": "first",
    }  # fmt: skip


def test_a_new_version_may_join_and_never_leaves() -> None:
    grouping = grouped([0, 1], set())
    grouping.arrive("1", (2, 0), [Match("0", (0, 0), 0.8)])
    assert stories(grouping) == {"0": "S0", "1": "S0"}
    grouping.arrive("1", (3, 0), [])
    assert stories(grouping)["1"] == "S0"


def test_a_kept_story_survives_its_record() -> None:
    story = KeptStory("S1", 3, 0, ("2", "5"), ("S4",))
    assert KeptStory.from_record(story.to_record()) == story
