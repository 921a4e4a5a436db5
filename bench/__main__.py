"""`make bench`: each thing beside its floor or peer, in one run on one machine. Prints ratios; asserts nothing.

python -m bench [NAME ...] [--small | --customers=N]      names: see BENCHES; none: all of them
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from app.core import clock
from app.core.logs import configure_logs
from bench.dashboards import measure_dashboards
from bench.dispatching import measure_dispatch
from bench.explaining import measure_explain
from bench.handovers import measure_handovers
from bench.importing import measure_import
from bench.measure import Figure
from bench.opening import measure_opening
from bench.pages import measure_pages
from bench.parts import measure_parts
from bench.phones import measure_phones
from bench.planning import measure_planning
from bench.points import measure_points
from bench.rankers import measure_rankers
from bench.recomputing import measure_recompute
from bench.splitting import measure_split
from bench.spreading import measure_dask
from tests.postgres import empty_database, own_server

BENCHES: dict[str, Callable[[str, Path, bool], list[Figure]]] = {
    "imports": measure_import,
    "phones": measure_phones,
    "parts": measure_parts,
    "dashboards": measure_dashboards,
    "opening": measure_opening,
    "dispatch": measure_dispatch,
    "rankers": measure_rankers,
    "dask": measure_dask,
    "split": measure_split,
    "handover": measure_handovers,
    "planning": measure_planning,
    "recompute": measure_recompute,
    "points": measure_points,
    "pages": measure_pages,
    "explain": measure_explain,
}


def main() -> None:
    """Run the benches named on the command line, or all."""
    asked = [word for word in sys.argv[1:] if not word.startswith("--")]
    unknown = set(asked) - BENCHES.keys()
    if unknown:
        sys.exit(f"bench: there is no bench {', '.join(sorted(unknown))}; expected some of {', '.join(BENCHES)}")
    configure_logs("ERROR")
    clock.use_zone(clock.zone())
    console = Console()
    with own_server(durable=True) as server:
        for name in asked or BENCHES:
            with empty_database(server, f"bench_{name}") as url, tempfile.TemporaryDirectory() as folder:
                console.print(_table(name, BENCHES[name](url, Path(folder), "--small" in sys.argv)))


def _table(name: str, figures: list[Figure]) -> Table:
    table = Table(title=name)
    for column in ("what", "median", "lowest", "highest", "unit", "to the floor"):
        table.add_column(column, justify="left" if column in {"what", "unit"} else "right")
    for figure in figures:
        ratio = "" if figure.floor is None else f"{figure.median / figure.floor.median:.2f}"
        table.add_row(
            figure.name, *(f"{value:,.1f}" for value in (figure.median, figure.lowest, figure.highest)), figure.unit, ratio
        )
    return table


if __name__ == "__main__":
    main()
