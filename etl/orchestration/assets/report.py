"""The report of the last thirty days, written after a publish that no user is waiting for."""

from collections.abc import Iterator

import dagster as dg

from etl import __version__
from etl.orchestration.assets.published import PUBLISHED
from etl.orchestration.labels import BY_COMMAND, WRITER_POOL
from etl.orchestration.resources import Warehouse

REPORT = dg.AssetKey("report")
ACTORS = 20
"""Actors with a page in the report; a page takes 0.2 s."""


@dg.asset(
    key=REPORT,
    deps=[PUBLISHED],
    group_name="publish",
    kinds={"python"},
    code_version=__version__,
    pool=WRITER_POOL,
    output_required=False,
)
def report(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[None]]:
    """The last thirty days as a static site in the warehouse's `report` folder.

    Open its `index.html`, mail the folder or serve it. A run from the command line skips it,
    because a user is waiting; `newsactors report` writes it on request.
    """
    if BY_COMMAND.items() <= context.run.tags.items():
        return
    from etl.explorer.report import write  # importing the chart library takes a second

    written = write(warehouse.settings, warehouse.settings.report, actors=ACTORS)
    yield dg.MaterializeResult(
        metadata={
            "index": dg.MetadataValue.path(str(written.out / "index.html")),
            "from": str(written.since),
            "to": str(written.until),
            "pages": written.pages,
        }
    )
