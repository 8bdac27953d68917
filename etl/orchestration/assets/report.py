"""The report of the last thirty days, made after a publish that nobody waits for."""

from collections.abc import Iterator

import dagster as dg

from etl import __version__
from etl.orchestration.assets.published import PUBLISHED
from etl.orchestration.resources import BY_COMMAND, WRITER_POOL, Warehouse
from etl.orchestration.retries import DATA_TEAM

REPORT = dg.AssetKey("report")
ACTORS = 20
"""A page takes 0.2 s."""


@dg.asset(
    key=REPORT,
    deps=[PUBLISHED],
    group_name="publish",
    kinds={"python"},
    owners=[DATA_TEAM],
    code_version=__version__,
    pool=WRITER_POOL,
    output_required=False,
)
def report(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[None]]:
    """The last thirty days as a static site in the warehouse's `report` folder.

    Open its `index.html`, mail the folder or serve it. A run of the command line makes none, for
    somebody waits for it: `newsactors report` does.
    """
    if BY_COMMAND.items() <= context.run.tags.items():
        return
    from etl.explorer.report import write  # what draws charts takes a second to import

    made = write(warehouse.settings, warehouse.settings.report, actors=ACTORS)
    yield dg.MaterializeResult(
        metadata={
            "index": dg.MetadataValue.path(str(made.out / "index.html")),
            "from": str(made.since),
            "to": str(made.until),
            "pages": made.pages,
        }
    )
