"""The reading commands, as a user runs them."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow.parquet
import pytest
from click.testing import Result

from etl.query import display, export, published
from etl.settings import Settings

Cli = Callable[..., Result]

UNSAFE = {*map(chr, range(32)), *map(chr, range(127, 160)), "\u202e"} - {"\n"}
BIG = "select range as n, 'text ' || range as t from range(25000)"


def lines(result: Result) -> list[str]:
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def test_without_a_warehouse_the_message_says_what_to_do(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSACTORS_HOME", str(tmp_path))
    result = cli("top")
    assert result.exit_code == 1
    assert str(tmp_path / "news.duckdb") in result.stderr
    assert "run `newsactors ingest`" in result.stderr


def test_a_file_published_by_another_version_says_what_to_do() -> None:
    with (
        duckdb.connect() as con,
        pytest.raises(published.NotPublishedError, match="newsactors inge"),
    ):
        published.rows(con, "from article_metadata")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("timeline", "Zzyzx Qworp"), "`newsactors actors list` shows all"),
        (("sql", "from nope"), '`newsactors sql "show tables"` lists the tables'),
        (("export", "articles", "--out", "missing/x.csv"), "there is no folder missing; create it"),
        (("export", "articles", "--out", "."), "it is a folder; name a file in it"),
        (("sql", "question.sql"), "QUERY is SQL, not a file: newsactors sql - < question.sql"),
        (("report", "--out", "question.sql"), "is a file; a report is a folder: name a new one"),
    ],
)
def test_a_mistake_is_answered_with_what_to_do(
    cli: Cli, arguments: tuple[str, ...], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("question.sql").write_text("select 1")
    result = cli(*arguments)
    assert result.exit_code in (1, 2, 3)
    assert says in result.stderr


def test_help_shows_examples_to_copy(cli: Cli) -> None:
    for command in ("top", "timeline", "quotes", "sql", "export"):
        shown = lines(cli(command, "--help"))
        first = shown.index("  Examples:") + 1
        assert shown[first].startswith(f"    newsactors {command} ".rstrip())


class TestTop:
    def test_ranks_by_articles_with_share_and_weeks(self, cli: Cli) -> None:
        verkel, *_ = json.loads(cli("top", "--json").stdout)
        assert verkel == {
            "rank": 1,
            "entity_id": "e-verkel",
            "name": "Amalia Verkel",
            "type": "PERSON",
            "article_count": 5,
            "mention_count": 5,
            "utterance_count": 1,
            "statement_count": 1,
            "share_of_articles": 5 / 6,
            "first_seen": "2025-01-06",
            "weekly_from": "2025-01-06",
            "weekly": [3, 0, 0, 1],  # the fifth article has no date
        }

    def test_agrees_with_the_mart(self, cli: Cli, reader: duckdb.DuckDBPyConnection) -> None:
        shown = json.loads(cli("top", "--json", "--from", "2025-01", "--to", "2025-01").stdout)
        month = reader.execute(
            "select entity_id, article_count, mention_count, utterance_count, share_of_articles"
            " from actor_monthly where period_start = '2025-01-01'"
        ).fetchall()
        keys = ("entity_id", "article_count", "mention_count", "utterance_count")
        assert {(*(row[k] for k in keys), row["share_of_articles"]) for row in shown} == set(month)

    def test_filters_by_period_outlet_and_type(self, cli: Cli) -> None:
        options = ("--outlet", "velmark today", "--type", "person", "--from", "2025-01-28")
        rows = json.loads(cli("top", "--json", *options).stdout)
        assert [(r["name"], r["article_count"], r["share_of_articles"]) for r in rows] == [
            ("Amalia Verkel", 1, 0.5),
            ("Jürgen Müller", 1, 0.5),
        ]

    def test_a_silent_week_is_a_dot_in_the_table(self, cli: Cli) -> None:
        row = next(line for line in lines(cli("top")) if "Amalia Verkel" in line)
        assert row.endswith("83.3%  2025-01-06  █··▃")

    def test_a_bad_date_is_a_usage_error(self, cli: Cli) -> None:
        for bad in ("2025-02-30", "2025-2-3", "yesterday", "2025"):
            assert cli("top", "--from", bad).exit_code == 2
        assert cli("top", "--from", "2025-03", "--to", "2025-02").exit_code == 2

    def test_an_unknown_outlet_is_an_error(self, cli: Cli) -> None:
        result = cli("top", "--outlet", "Velmark Tomorrow")
        assert result.exit_code == 3
        assert "nearest: 'Velmark Today'" in result.stderr


class TestNames:
    @pytest.mark.parametrize(
        ("typed", "meant"),
        [
            ("amalia VERKEL", "e-verkel"),
            ("verkel", "e-verkel"),  # an alias
            ("amalia", "e-verkel"),  # a whole word
            ("jurgen muller", "e-muller"),
            ("Mull", "e-muller"),  # the start of a word
            ("lodz-bank", "e-bank"),
            ("e-smith2", "e-smith2"),
        ],
    )
    def test_resolve(self, cli: Cli, typed: str, meant: str) -> None:
        result = cli("timeline", typed, "--json")
        assert json.loads(result.stdout)["entity_id"] == meant

    def test_two_people_with_one_name_are_kept_apart(self, cli: Cli) -> None:
        result = cli("timeline", "John Smith")
        assert result.exit_code == 3
        assert result.stdout == ""
        assert "did you mean" in result.stderr
        assert "e-smith1" in result.stderr
        assert "e-smith2" in result.stderr

    def test_a_similar_spelling_is_only_suggested(self, cli: Cli) -> None:
        result = cli("quotes", "--by", "Amalia Markel")
        assert result.exit_code == 3
        assert "no actor is named 'Amalia Markel'; did you mean:\n  Amalia Verkel" in result.stderr

    def test_a_name_is_never_sql(self, cli: Cli) -> None:
        assert cli("timeline", "x' or 1=1 --").exit_code == 3
        assert cli("timeline", "%").exit_code == 3


class TestTimeline:
    def test_shows_silence_and_totals(self, cli: Cli) -> None:
        shown = lines(cli("timeline", "verkel"))
        assert shown[0] == "Amalia Verkel  PERSON  e-verkel"
        weeks = [line.split()[:3] for line in shown if line.startswith("2025")]
        assert [week[:2] for week in weeks] == [
            ["2025-01-06", "3"],
            ["2025-01-13", "0"],
            ["2025-01-20", "0"],
            ["2025-01-27", "1"],
        ]
        assert weeks[1][2] == "·"
        assert shown[-1] == (
            "4 articles, 4 mentions, 1 statement in 4 weeks; "
            "most in the week from 2025-01-06 (3); 2 without any"
        )

    @pytest.mark.parametrize("width", [40, 80, 200])
    def test_many_periods_fit_the_width(
        self, cli: Cli, monkeypatch: pytest.MonkeyPatch, width: int
    ) -> None:
        monkeypatch.setenv("COLUMNS", str(width))
        shown = lines(
            cli("timeline", "verkel", "--by", "day", "--from", "2025-01-01", "--to", "2025-12")
        )
        assert max(map(len, shown)) <= width
        assert any("└┬" in line for line in shown)
        assert any(line.strip().startswith("2025-01-01") for line in shown)

    def test_csv_has_the_columns_of_the_macro(self, cli: Cli) -> None:
        rows = list(csv.DictReader(io.StringIO(cli("timeline", "verkel", "--csv").stdout)))
        assert [(r["period_start"], r["article_count"]) for r in rows[:2]] == [
            ("2025-01-06", "3"),
            ("2025-01-13", "0"),
        ]


class TestQuotes:
    def test_matches_across_line_breaks_and_apostrophe_styles(self, cli: Cli) -> None:
        (quote,) = json.loads(cli("quotes", "DON'T know", "--json").stdout)
        assert quote["text"] == "We don’t\nknow yet,"
        assert quote["sentence"] == "“We don’t\nknow yet,” Verkel said."
        assert [piece["text"] for piece in quote["pieces"]] == [quote["text"]]
        assert (quote["speaker_name"], quote["speaker_surface"]) == ("Amalia Verkel", "Verkel")
        assert (quote["published_on"], quote["headline"]) == ("2025-01-07", "Talks go on")

    def test_offsets_lead_to_the_characters(
        self, cli: Cli, reader: duckdb.DuckDBPyConnection
    ) -> None:
        for quote in json.loads(cli("quotes", "--json").stdout):
            (body,) = reader.execute(
                "select body from articles where article_id = ?", [quote["article_id"]]
            ).fetchone() or ("",)
            assert body[quote["char_start"] : quote["char_end"]] == quote["text"]

    def test_newest_first_with_speaker_as_written(self, cli: Cli) -> None:
        shown = lines(cli("quotes"))
        assert shown[0] == "2025-01-28  Velmark Today  Evil Corp"
        assert shown[4] == "2025-01-07  Harbour Courier  Amalia Verkel (as written: Verkel)"
        assert shown[5].startswith("“[We don’t know yet,]” ")
        assert shown[6] == "Talks go on  a1 body[1:19]"

    def test_an_utterance_without_an_act_is_a_statement(self, cli: Cli) -> None:
        everything = cli("quotes", "--json").stdout
        assert cli("quotes", "--act", "statement", "--json").stdout == everything
        assert lines(cli("quotes", "--act", "opinion")) == ["No quotes found."]

    def test_text_is_literal_words_not_a_pattern(self, cli: Cli) -> None:
        assert lines(cli("quotes", ".*")) == ["No quotes found."]


@pytest.mark.parametrize(
    "command",
    ["top", "quotes", "timeline evil", "quotes gone", "sql from~entities", "top --json"],
)
def test_article_text_cannot_control_the_terminal(cli: Cli, command: str) -> None:
    shown = cli(*(word.replace("~", " ") for word in command.split())).output
    assert "Evil" in shown
    assert not UNSAFE & set(shown)
    assert "owned" not in shown or command == "top --json"  # harmless in JSON: "\u001b]0;owned"


def test_json_keeps_hostile_text_unchanged(cli: Cli, reader: duckdb.DuckDBPyConnection) -> None:
    names = [row["name"] for row in json.loads(cli("top", "--json").stdout)]
    kept = reader.execute("select name from entities").fetchall()
    assert sorted(names) == sorted(name for (name,) in kept)


def test_cleaning_keeps_what_spelling_needs() -> None:
    assert display.clean("می\u200cخواهم\u200e\t😀 é") == "می\u200cخواهم\u200e 😀 é"
    assert display.clean("a\x1b]8;;http://x\x1b\\b\x1b[1;2Hc\x1bcd\ud800\x00") == "abcd?"


class TestSql:
    def test_shows_the_first_rows_and_counts_the_rest(self, cli: Cli) -> None:
        shown = lines(cli("sql", BIG, "--rows", "3"))
        assert shown[2:5] == ["0  text 0", "1  text 1", "2  text 2"]
        assert shown[-1] == "… 24,997 more rows, use --format csv"

    def test_reads_standard_input(self, cli: Cli) -> None:
        result = cli("sql", "-", "--format", "json", stdin="-- one\nselect 1 as a, null as b;")
        assert json.loads(result.stdout) == [{"a": 1, "b": None}]

    def test_a_pivot_is_a_query(self, cli: Cli) -> None:
        assert cli("sql", "pivot entities on type using count(*) group by name").exit_code == 0

    @pytest.mark.parametrize(
        "query",
        [
            "select * from read_text('/etc/passwd')",
            "from read_csv('/etc/passwd')",
            "from '/etc/passwd'",
            "from glob('/etc/*')",
            "copy entities to 'OUT'",
            "export database 'OUT'",
            "attach 'OUT'",
            "install httpfs",
            "load httpfs",
            "set enable_external_access = true; select 1",
            "reset lock_configuration; select 1",
            "create table t as select 1; select 1",
            "delete from loaded.text_quotes",
            "call enable_logging(storage = 'file', storage_path = 'OUT')",
            "create temp table t as from read_text('/etc/passwd'); from t",
            "select 1; select 2",
            "",
        ],
    )
    def test_can_neither_write_nor_read_other_files(
        self, cli: Cli, settings: Settings, tmp_path: Path, query: str
    ) -> None:
        before = settings.published.stat()
        result = cli("sql", query.replace("OUT", str(tmp_path / "out")))
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith("Error: ")
        assert "Traceback" not in result.stderr
        assert list(tmp_path.iterdir()) == []
        assert settings.published.stat() == before

    def test_an_error_points_at_the_place(self, cli: Cli) -> None:
        result = cli("sql", "select nam from entities")
        assert result.exit_code == 1
        first, *_, line, caret = result.stderr.splitlines()
        assert first.startswith('Error: Binder Error: Referenced column "nam" not found')
        assert line == "LINE 1: select nam from entities"
        assert caret.index("^") == line.index("nam")

    def test_columns_with_the_same_name_lose_no_data(self, cli: Cli) -> None:
        assert cli("sql", "select 1 a, 2 a", "--format", "json").exit_code == 1
        assert cli("sql", "select 1 a, 2 a", "--format", "csv").stdout == '"a","a"\n1,2\n'

    def test_every_type_is_valid_json(self, cli: Cli) -> None:
        query = (
            "select 'nan'::double a, 1.5::decimal(9,2) b, sum(1) c, [date '2025-01-02'] d,"
            " {'k': 1} e, interval 1 day f, '\\x00'::blob g, timestamptz '2025-01-01 00:00:00Z' h,"
            " map {'x': 1} i, 170141183460469231731687303715884105727::hugeint j"
        )
        (row,) = json.loads(cli("sql", query, "--format", "json").stdout)
        assert row == {
            "a": None,
            "b": 1.5,
            "c": 1,
            "d": ["2025-01-02"],
            "e": {"k": 1},
            "f": "0 months 1 days 0 seconds",
            "g": "00",
            "h": "2025-01-01T00:00:00+00:00",
            "i": [["x", 1]],
            "j": 170141183460469231731687303715884105727,
        }
        for form in ("csv", "table"):
            assert cli("sql", query, "--format", form).exit_code == 0

    @pytest.mark.parametrize("form", ["table", "csv", "json", "jsonl"])
    def test_dates_beyond_pythons_are_shown_as_duckdb_prints_them(
        self, cli: Cli, form: export.Format
    ) -> None:
        beyond = [
            "'infinity'::date", "date '10000-01-01'", "date '0044-03-15 (BC)'",
            "'-infinity'::timestamp", "'infinity'::timestamptz", "'infinity'::timestamp_ns",
            "timestamp '20000-01-01 01:02:03'", "time '24:00:00'", "['infinity'::date]",
            "{'a': date '10000-01-01'}",
        ]  # fmt: skip
        printed = duckdb.sql(f"select {', '.join(f'({v})::varchar' for v in beyond)}").fetchone()
        columns = ", ".join(f"{value} as c{n}" for n, value in enumerate(beyond))
        shown = cli("sql", f"select {columns}", "--format", form)
        assert shown.exit_code == 0, shown.output
        for text in printed or ():
            assert text in shown.stdout

    def test_one_such_date_leaves_the_others_in_their_form(self, cli: Cli) -> None:
        query = (
            "select unnest(['infinity'::date, '2025-01-02']) as day,"
            " unnest(['infinity'::timestamp, '2025-01-02 03:04:05']) as at, 1 as n"
        )
        assert json.loads(cli("sql", query, "--format", "json").stdout) == [
            {"day": "infinity", "at": "infinity", "n": 1},
            {"day": "2025-01-02", "at": "2025-01-02T03:04:05", "n": 1},
        ]

    @pytest.mark.parametrize(
        "query", ["select count(*) from range(1000000000000)", "from range(1000000000000)"]
    )
    def test_a_query_ends_at_its_time_limit(
        self, cli: Cli, monkeypatch: pytest.MonkeyPatch, query: str
    ) -> None:
        monkeypatch.setenv("NEWSACTORS_SQL_SECONDS", "0.5")
        started = time.monotonic()
        result = cli("sql", query)
        assert result.exit_code == 1
        assert time.monotonic() - started < 5
        assert "longer than 0.5 s: ask for less, or set NEWSACTORS_SQL_SECONDS" in result.stderr
        assert cli("sql", "select 1").exit_code == 0, "the next query is not affected"

    def test_a_limit_that_is_no_size_is_refused(
        self, cli: Cli, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("NEWSACTORS_SQL_MEMORY", "much")
        assert "'much' is not a size; give one such as 4GB" in cli("sql", "select 1").stderr

    def test_arguments_in_another_encoding_are_read_as_utf8(self, cli: Cli) -> None:
        argument = "Łódź Bank".encode().decode("ascii", "surrogateescape")  # with LC_ALL=POSIX
        assert json.loads(cli("timeline", argument, "--json").stdout)["entity_id"] == "e-bank"
        shown = cli("sql", f"select '{argument}' as name", "--format", "json").stdout
        assert json.loads(shown) == [{"name": "Łódź Bank"}]
        assert cli("timeline", "\udcff").exit_code == 3


class TestExport:
    @pytest.mark.parametrize("form", export.FORMATS)
    def test_more_rows_than_a_batch_come_back_equal(
        self, settings: Settings, tmp_path: Path, form: export.Format
    ) -> None:
        file = tmp_path / "big"
        reported: list[int] = []
        with (
            published.open_published(settings) as connection,
            export.replacing(file) as sink,
            export.stream_query(connection, BIG) as reader,
        ):
            assert export.write_rows(reader, sink, form, on_rows=reported.append) == 25_000
        assert len(reported) > 10
        assert reported == sorted(reported)
        read = {"csv": "read_csv", "parquet": "read_parquet"}.get(form, "read_json")
        again = duckdb.sql(f"select * from {read}('{file}')").fetchall()
        assert again == duckdb.sql(BIG).fetchall()

    def test_every_published_relation(self, cli: Cli, settings: Settings, tmp_path: Path) -> None:
        with published.open_published(settings) as connection:
            counts = published.row_counts(connection)
        assert counts["articles"] == 6
        for table, count in counts.items():
            out = tmp_path / f"{table}.parquet"
            assert cli("export", table, "--out", out).exit_code == 0
            assert pyarrow.parquet.read_metadata(out).num_rows == count
            assert len(json.loads(cli("export", table, "--format", "json").stdout)) == count
            text = cli("export", table).stdout_bytes.decode()
            assert len(list(csv.reader(io.StringIO(text, newline="")))) == count + 1

    def test_formulas_are_defused_on_request(self, cli: Cli) -> None:
        assert '"=HYPERLINK(' in cli("export", "entities").stdout
        safe = cli("export", "entities", "--excel-safe").stdout
        assert '"=HYPERLINK(' not in safe
        assert "\"'=HYPERLINK(" in safe

    def test_an_unknown_table_lists_the_tables(self, cli: Cli, tmp_path: Path) -> None:
        result = cli("export", 'articles" --', "--out", tmp_path / "x.csv")
        assert result.exit_code == 1
        assert "actor_daily" in result.stderr
        assert list(tmp_path.iterdir()) == []

    def test_a_failure_leaves_the_old_file(self, cli: Cli, tmp_path: Path) -> None:
        out = tmp_path / "x.csv"
        out.write_text("old")
        query = "select (range // 50000)::tinyint from range(10000000)"  # fails midway
        assert cli("sql", query, "--out", out).exit_code == 1
        assert out.read_text() == "old"
        assert list(tmp_path.iterdir()) == [out]


class TestAsAProgram:
    def run(self, settings: Settings, script: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {
            "NEWSACTORS_HOME": str(settings.home),
            "CLI": f"{sys.executable} -m etl",
        }
        return subprocess.run(
            ["bash", "-o", "pipefail", "-c", script.replace("newsactors", 'eval "$CLI"')],
            env=environment, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    def test_a_pipe_gets_no_escape_codes(self, settings: Settings) -> None:
        done = self.run(settings, "newsactors top")
        assert done.returncode == 0
        assert "Amalia Verkel" in done.stdout
        assert "\x1b" not in done.stdout

    def test_a_closed_pipe_is_no_error(self, settings: Settings) -> None:
        query = "'from range(2000000)'"
        for form in ("csv", "jsonl"):
            done = self.run(settings, f'newsactors sql "{query}" --format {form} | head -n 1')
            assert (done.returncode, done.stderr) == (0, "")

    def test_a_query_ends_at_its_memory_limit(self, settings: Settings) -> None:
        query = "'select list(range) from range(100000000)'"
        done = self.run(settings, f'NEWSACTORS_SQL_MEMORY=100MB newsactors sql "{query}"')
        assert (done.returncode, done.stdout) == (1, "")
        assert "more memory than 100MB: ask for less, or set NEWSACTORS_SQL_MEMORY" in done.stderr

    @pytest.mark.parametrize(
        "query",
        [
            "select a.body from articles a, range(10000000) r order by hash(r.range, a.body)",
            "select count(*) from range(1000000) a, range(1000000) b where hash(a, b) = 1",
            "from range(1000000000000)",
        ],
    )
    def test_ctrl_c_ends_a_query_at_once_with_one_line(
        self, settings: Settings, tmp_path: Path, query: str
    ) -> None:
        out = tmp_path / "x.csv"
        process = subprocess.Popen(
            [sys.executable, "-m", "etl", "sql", query, "--out", str(out)],
            env=os.environ | {"NEWSACTORS_HOME": str(settings.home)},
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stderr is not None
        assert process.stderr.readline().startswith("querying: 2 s"), "it is at work"
        process.send_signal(signal.SIGINT)
        interrupted = time.monotonic()
        try:
            _, errors = process.communicate(timeout=30)
        finally:
            process.kill()
        assert time.monotonic() - interrupted < 5, "0.1 to 0.6 s on an idle machine"
        assert (process.returncode, errors) == (130, "Interrupted\n")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        "environment",
        ["PYTHONIOENCODING=ascii", "PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 LC_ALL=POSIX"],
    )
    def test_what_the_encoding_lacks_is_replaced(
        self, settings: Settings, environment: str
    ) -> None:
        by_day = "timeline verkel --by day --from 2025-01-01 --to 2025-12-31"
        done = self.run(
            settings,
            f"set -e; export {environment}; newsactors top; newsactors quotes; "
            f"newsactors timeline verkel; newsactors {by_day}; "
            "newsactors sql '\"from entities\"'; newsactors actors list",
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.isascii()
        for shown in ("Jurgen Muller", "?odz Bank", "[We don't know yet,]", "#..3", "0 ++---"):
            assert shown in done.stdout

    def test_json_loses_nothing_in_any_encoding(self, settings: Settings, cli: Cli) -> None:
        done = self.run(settings, "PYTHONIOENCODING=ascii newsactors top --json")
        assert done.stdout.isascii()
        assert json.loads(done.stdout) == json.loads(cli("top", "--json").stdout)

    def test_exit_code_of_an_unknown_name(self, settings: Settings) -> None:
        assert self.run(settings, "newsactors timeline nobody").returncode == 3
