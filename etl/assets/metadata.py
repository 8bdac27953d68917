"""What a person sees beside a materialization: samples, column lists and charts."""

from __future__ import annotations

import base64
import io

import altair as alt
import dagster as dg
import pandas as pd
import pyarrow as pa

from etl import schema

SAMPLE_ROWS = 5
SAMPLE_WIDTH = 60


def column_schema(table: schema.Table) -> dg.TableSchema:
    """The columns of a loaded table as Dagster shows them."""
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


def sample_table(rows: pa.Table) -> dg.MetadataValue:
    """A few rows, long values cut. Callers leave out text: the run history is never forgotten."""
    records = [
        dg.TableRecord(
            {
                name: value
                if value is None or isinstance(value, int | float | bool)
                else str(value)[:SAMPLE_WIDTH]
                for name, value in row.items()
            }
        )
        for row in rows.slice(0, SAMPLE_ROWS).to_pylist()
    ]
    if not records:
        return dg.MetadataValue.text("no rows")
    return dg.MetadataValue.table(records)


def _picture(chart: alt.Chart, text: str) -> dg.MetadataValue:
    png = io.BytesIO()
    chart.save(png, format="png", scale_factor=2)
    encoded = base64.b64encode(png.getvalue()).decode()
    return dg.MetadataValue.md(f"![{text}](data:image/png;base64,{encoded})")


def articles_a_day(days: pd.DataFrame) -> dg.MetadataValue:
    """A chart of `days`: columns published_on and article_count, a row a day with articles."""
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
    """A chart of `actors`: columns name and article_count."""
    chart = (
        alt.Chart(actors)
        .mark_bar(color="#efb118")
        .encode(
            x=alt.X("article_count:Q", title="articles"),
            y=alt.Y("name:N", sort="-x", title=None),
        )
        .properties(width=520, height={"step": 18}, title="Actors in most articles")
    )
    return _picture(chart, "actors in most articles")
