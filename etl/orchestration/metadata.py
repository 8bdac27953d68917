"""Metadata shown with a materialization in Dagster: samples, column lists and charts."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

import dagster as dg
import pandas as pd
import pyarrow as pa

from etl.query.display import clean
from etl.schema import tables

if TYPE_CHECKING:
    import altair as alt

SAMPLE_ROWS = 5
SAMPLE_WIDTH = 60


def column_schema(table: tables.Table) -> dg.TableSchema:
    """Return the columns of a loaded table in the form that Dagster displays."""
    return dg.TableSchema(
        [
            dg.TableColumn(
                column.name,
                str(column.type),
                column.description,
                dg.TableColumnConstraints(
                    nullable=column.nullable, unique=(column.name,) == table.key
                ),
            )
            for column in table.columns
        ]
    )


def harmless(text: str) -> str:
    """Return untrusted text so that Dagster's Markdown renders no HTML, link or image from it.

    An image would make the browser of anyone viewing the run fetch a URL that a headline chose.
    """
    return clean(text).translate({ord("<"): "‹", ord(">"): "›"}).replace("](", "] (")


def _shown(value: Any) -> str | int | float | bool | None:
    if value is None or isinstance(value, int | float | bool):
        return value
    if isinstance(value, list):  # a map is a list of pairs
        value = ", ".join(
            f"{item[0]}: {item[1]}" if isinstance(item, tuple) else str(item) for item in value
        )
    return harmless(str(value))[:SAMPLE_WIDTH]


def sample_table(rows: pa.Table) -> dg.MetadataValue:
    """Return a few rows, with long values cut.

    Callers leave out article text: `newsactors forget` does not reach the run history.
    """
    records = [
        dg.TableRecord({name: _shown(value) for name, value in row.items()})
        for row in rows.slice(0, SAMPLE_ROWS).to_pylist()
    ]
    if not records:
        return dg.MetadataValue.text("no rows")
    return dg.MetadataValue.table(records)


def _picture(chart: alt.Chart, text: str) -> dg.MetadataValue:
    png = io.BytesIO()
    # Every publish keeps a chart: 44 kB at this scale, 65 kB at twice the size.
    chart.save(png, format="png", scale_factor=1.5)
    encoded = base64.b64encode(png.getvalue()).decode()
    return dg.MetadataValue.md(f"![{text}](data:image/png;base64,{encoded})")


def articles_a_day(days: pd.DataFrame) -> dg.MetadataValue:
    """Chart `days`: columns published_on and article_count, one row per day with articles."""
    import altair as alt  # takes half a second: import it only to publish

    frame = days.assign(published_on=pd.to_datetime(days["published_on"]))
    chart = (
        alt.Chart(frame)
        .mark_bar(color="#4269d0")
        .encode(
            x=alt.X("yearmonthdate(published_on):T", title=None),
            y=alt.Y("sum(article_count):Q", title="articles"),
        )
        .properties(width=640, height=180, title="Articles a day")
    )
    return _picture(chart, "articles a day")


def top_actors(actors: pd.DataFrame) -> dg.MetadataValue:
    """Chart `actors`: columns name and article_count, one row per actor."""
    import altair as alt

    # Two actors may share a name. Number them: a single bar would add up their articles.
    nth = actors.groupby("name").cumcount() + 1
    names = actors["name"].where(nth == 1, actors["name"] + " (" + nth.astype(str) + ")")
    chart = (
        alt.Chart(actors.assign(name=names))
        .mark_bar(color="#efb118")
        .encode(
            x=alt.X("article_count:Q", title="articles"),
            y=alt.Y("name:N", sort="-x", title=None),
        )
        .properties(width=520, height={"step": 18}, title="Top actors by articles")
    )
    return _picture(chart, "top actors by articles")
