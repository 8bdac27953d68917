"""`ingest --dry-run` predicts what an ingest of the same files does, and writes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from formats import files

from etl.cli.ingest import show_preview
from etl.pipeline.path_proposal import PathProposal
from etl.pipeline.preview import Preview, preview
from etl.readers.path_values import values_of
from pipeline.warehouse_harness import WarehouseHarness, story, text


@pytest.fixture
def harness(tmp_path: Path) -> WarehouseHarness:
    """A warehouse without models, which takes a tenth of the time."""
    return WarehouseHarness(tmp_path)


def rows(harness: WarehouseHarness) -> list[Preview]:
    return list(preview(harness.settings, []))


def test_each_format_becomes_what_the_preview_says(harness: WarehouseHarness) -> None:
    for name, content in files.FILES.items():
        harness.drop(name, content)
    harness.drop("many.jsonl", files.jsonl(*[files.STORY] * 2) + '{"id": 1}\n')
    harness.drop("bad.txt", b"\x00\x01")
    predicted = rows(harness)
    assert not harness.settings.home.exists()
    harness.ingest()
    read = harness.query(
        "select s.source_path, s.item, v.headline, v.published_on::varchar, v.outlet, v.authors, "
        "v.language, v.word_count, s.source_format "
        "from loaded.article_sources s join loaded.article_versions v using (content_sha256)"
    )
    shown = [
        (
            p.path,
            p.item,
            p.headline,
            p.day,
            p.outlet,
            list(p.authors),
            p.language,
            p.words,
            p.format,
        )
        for p in predicted
        if p.reason is None
    ]
    assert sorted(shown, key=lambda row: row[:2]) == sorted(read, key=lambda row: row[:2])
    assert {(p.path, p.item, p.reason) for p in predicted if p.reason} == {
        (item.source_path, item.item, item.reason) for item in harness.state.quarantine()
    }
    distinct = {p.same_as or f"{p.path} {p.item}" for p in predicted if p.reason is None}
    (count,) = harness.query("select count(*) from loaded.article_versions")[0]
    assert len(distinct) == count


def test_a_line_an_article_says_all_that_an_ingest_finds(
    harness: WarehouseHarness, capsys: pytest.CaptureFixture[str]
) -> None:
    page = "https://gazette.example/dam"
    record = json.dumps({"url": page, "title": "Dam Closes", "date": "2025-03-01",
                         "outlet": "Vale Gazette", "text": story(3)})  # fmt: skip
    harness.drop("a.txt", text(story(1)))
    harness.drop("b.txt", text(story(1)))
    harness.drop("c.txt", "")
    harness.drop("d.jsonl", record + "\n" + record.replace("Closes", "Opens"))
    harness.drop("e.csv", f'Kop;Dag;Text\nDam;12.05.2025;"{story(1)}"\n')
    harness.drop("Lamp.html", files.html())
    harness.drop("Lamp_files/ad.html", "<html><body>Buy!</body></html>")
    assert show_preview(harness.settings, [], as_json=False) == 1
    shown = capsys.readouterr()
    lamp, *others = shown.out.splitlines()
    assert lamp.startswith("Lamp.html  0  html  ")
    assert lamp.endswith(files.STORY.url)
    assert others == [
        "a.txt  0  text  2025-03-01 (first_line)  Daily Test (byline)  1 author  language unknown  "
        "48 words  Something Happened In Town",
        "b.txt  0  text  2025-03-01 (first_line)  Daily Test (byline)  1 author  language unknown  "
        "48 words  Something Happened In Town  same as a.txt 0",
        "c.txt  0  to quarantine: empty: 0 bytes; fetch the article again, or delete the file",
        "d.jsonl  0  json  2025-03-01 (field date)  Vale Gazette (fields)  no author  "
        f"language unknown  48 words  Dam Closes  {page}",
        "d.jsonl  1  json  2025-03-01 (field date)  Vale Gazette (fields)  no author  "
        f"language unknown  48 words  Dam Opens  {page}  "
        "new version of d.jsonl 0, if half the text is the same",
        "e.csv  0  csv  no date  no outlet  no author  language unknown  48 words  no headline  "
        "fields not read: Kop, Dag  same text as a.txt 0, but another article",
    ]
    header, summary, note = shown.err.splitlines()
    assert header.startswith("# path  item in the file, from 0  format  day (found by)  ")
    assert summary == (
        "4 new articles (1 without a day), 1 possible new version of these, "
        "1 more item the same as another, 1 to quarantine; nothing was written"
    )
    assert note.startswith("note: skipped, as a browser saved it with a page: ")
    assert note.endswith("Lamp_files")
    harness.ingest()
    assert all(row.is_known for row in rows(harness))
    show_preview(harness.settings, [], as_json=False)
    assert "0 new articles, 0 to quarantine, 7 items in files ingested before" in (
        capsys.readouterr().err
    )


def test_folders_that_look_like_outlets_are_proposed_ready_to_paste(
    harness: WarehouseHarness, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("The Merrow Times", "Quayside Post"):
        harness.drop(f"{folder}/2024-03-05-a.txt", f"Bridge Opens\n\n{folder}: {story(1)}\n")
    show_preview(harness.settings, [], as_json=False)
    proposed = [line for line in capsys.readouterr().err.splitlines() if "- path" in line]
    harness.settings.field_mappings.parent.mkdir(parents=True)
    harness.settings.field_mappings.write_text("\n".join(proposed))
    show_preview(harness.settings, [], as_json=True)
    assert "- path" not in capsys.readouterr().err
    assert {(p.outlet, p.outlet_method, p.date, p.date_method) for p in rows(harness)} == {
        ("The Merrow Times", "folder", "2024-03-05", "file_name"),
        ("Quayside Post", "folder", "2024-03-05", "file_name"),
    }


@pytest.mark.parametrize(
    ("paths", "entries"),
    [
        (["Merrow Times/a.txt", "Quayside Post/b.txt"], ['- path: "{outlet}/*"']),
        (["Merrow Times/20240305.txt", "Quayside Post/b.txt"],
         ['- path: "{outlet}/{date}*"', '- path: "{outlet}/*"']),
        (["Merrow Times/2024/03/05/a.txt", "Quayside Post/2024/03/06/b.txt"],
         ['- path: "{outlet}/{year}/{month}/{day}/*"']),
        (["d.zip!/Merrow Times/2024-03-05/a.txt", "d.zip!/Quayside Post/2024-03-06/b.txt"],
         ['- path: "{outlet}/{date}/*"']),
        (["a.txt", "b.txt"], []),
        (["texts/a.txt", "2024/b.txt"], []),
        (["Merrow Times/a.txt"], []),
        (["The Guardian/a.txt"], ['- path: "{outlet}/*"']),
    ],
)  # fmt: skip
def test_a_pattern_is_proposed_if_folders_look_like_outlets(
    paths: list[str], entries: list[str]
) -> None:
    proposal = PathProposal()
    for path in paths:
        proposal.add(path)
    found, _ = proposal.entries()
    assert found == entries
    patterns = [entry.split('"')[1] for entry in found]
    for path in paths if patterns else ():
        assert any(values_of(path, pattern) for pattern in patterns)


@pytest.mark.parametrize(
    ("roots", "paths", "entries"),
    [
        # Folders above what the user named say nothing of what is in it.
        (["/home/Ann/Press Work"], ["misc/a.txt", "texts/b.txt", "x/y/c.txt"], []),
        (["/home/Ann/Press Work"], ["Merrow Times/a.txt", "Quayside Post/b.txt"],
         ['- path: "{outlet}/*"']),
        (["/p/Merrow Times", "/p/Quayside Post"], ["a.txt", "b.txt"], ['- path: "{outlet}/*"']),
        (["/p/Merrow Times"], ["a.txt", "2024/b.txt"], []),
    ],
)  # fmt: skip
def test_only_folders_below_the_paths_given_are_proposed(
    roots: list[str], paths: list[str], entries: list[str]
) -> None:
    proposal = PathProposal(roots)
    for root in roots:
        for path in paths:
            proposal.add(f"{root}/{path}")
    assert proposal.entries()[0] == entries
