"""Commands about the sums behind the dashboard's figures."""

import typer

from app.commands.context import sessions, show_counts
from app.figures.keeping import keep_figures, rebuild_figures
from app.jobs.steps import run_in_steps


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("keep-figures")(keep)
    app.command("rebuild-figures")(rebuild)


def keep() -> None:
    """Add up what changed since the figures of days and months were added up last; the worker does it every two minutes."""
    show_counts("keep-figures", run_in_steps(sessions(), "keep-figures", keep_figures))


def rebuild() -> None:
    """Count all work orders anew and correct every figure that differs; 0 rows: all were right."""
    show_counts("rebuild-figures", run_in_steps(sessions(), "rebuild-figures", rebuild_figures))
