"""The command `gridwork evaluate`: how good a ranker of any extract would be, beside plain LightGBM, in one table."""

import json
import shlex
from collections.abc import Callable, Collection
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from app.commands.context import console
from app.commands.treatment import show_treatment
from app.core import clock
from app.core.errors import Invalid
from app.scoring.learning.any_extract import Judgement, choices, judge_extract
from app.scoring.learning.contenders import Contender
from app.scoring.learning.extract import PREFIX, Extract, shown
from app.scoring.learning.forward import Forward
from app.scoring.learning.tables import read_table
from app.scoring.uplift.evaluation import TreatmentEvaluation, evaluate_treatment, find_arms


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("evaluate")(evaluate)


def evaluate(
    file: Annotated[Path, typer.Argument(help="a CSV or Parquet file, one row per customer or contact")],
    label: Annotated[str, typer.Option(help="column of the outcome: 0 and 1, yes and no, or two texts")],
    treatment: Annotated[str | None, typer.Option(help="column of the arm of a test: uplift is judged too")] = None,
    control: Annotated[str | None, typer.Option(metavar="VALUE", help="the arm that was left alone")] = None,
    time: Annotated[str | None, typer.Option(help="column of days or rising numbers: judge forward in time")] = None,
    label_window: Annotated[int, typer.Option(help="with --time: so many days (or units) later a label is known")] = 0,
    allow: Annotated[list[str] | None, typer.Option(metavar="COL", help="a column to use though it looks like a leak")] = None,
    positive: Annotated[str | None, typer.Option(metavar="VALUE", help="value of the label that counts as 1, or '>0'")] = None,
    folds: Annotated[int, typer.Option(help="parts in which every row is judged once")] = 5,
    seed: Annotated[int, typer.Option(help="the same seed on the same file gives the same figures")] = 42,
    budget: Annotated[float | None, typer.Option(metavar="SECONDS", help="how long to look for better settings")] = None,
    peer: Annotated[bool, typer.Option("--peer", help="also a tuned LightGBM without our mix and calibration")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON instead of tables")] = False,
) -> None:
    """Judge a ranker of any CSV or Parquet file. Every figure is of rows that neither fitting nor choosing has seen."""
    if control is not None and treatment is None:
        raise Invalid("control", "a column of --treatment with it, of which it is a value")
    table = read_table(file)
    if treatment in table.columns:
        find_arms(table[treatment], control)  # what is wrong with it is said before the long work
    judgement = judge_extract(
        table,
        label=label,
        positive=positive,
        treatment=treatment,
        time=time,
        label_window=label_window,
        allow=allow or (),
        folds=folds,
        seed=seed,
        budget_seconds=budget,
        peer=peer,
        today=clock.local_date(clock.now()),
    )
    uplift = _uplift(judgement, control, allow or (), seed)
    if as_json:
        print(json.dumps(_as_dict(judgement, uplift), ensure_ascii=False, indent=2, default=str))  # noqa: T201 - for scripts
        return
    _show(console, file.name, judgement, uplift)


def _uplift(judgement: Judgement, control: str | None, allow: Collection[str], seed: int) -> TreatmentEvaluation | None:
    extract = judgement.extract
    if extract.treatment is None:
        return None
    allowed = {*allow, *(PREFIX + name for name in allow)}
    return evaluate_treatment(extract.frame, extract.labels, extract.treatment, control=control, allow=allowed, seed=seed)


def _show(out: Console, name: str, judgement: Judgement, uplift: TreatmentEvaluation | None) -> None:
    out.print(_columns(name, judgement))
    if judgement.folds:
        out.print(_contenders(judgement.folds.contenders))
        out.print(_choices(judgement))
    if judgement.forward:
        out.print(_forward(judgement.forward, dated=judgement.extract.dated))
    if uplift:
        show_treatment(out, uplift)


def _columns(name: str, judgement: Judgement) -> Table:
    """Rows, and each column that is not simply used, with its reason."""
    labels = judgement.extract.labels
    table = Table(title=name, show_header=False)
    table.add_row("rows", f"{labels.size:,}")
    table.add_row("positive", f"{int(labels.sum()):,} ({labels.mean():.2%}), {_counted(judgement.extract)}")
    for note in judgement.extract.notes:
        table.add_row("not learned from", note)
    if judgement.folds and judgement.folds.repeats:
        table.add_row("repeats", f"{judgement.folds.repeats:,} rows equal another and stay in its fold")
    table.add_row(f"{len(judgement.used)} columns used", ", ".join(judgement.used))
    for one in judgement.left_out:
        table.add_row("left out", f"{one.column}: {one.reason}")
    for refusal in judgement.refused:
        name = shown(refusal.column)
        table.add_row("refused as a leak", f"{name}: {refusal.reason}; --allow {shlex.quote(name)} uses it")
    return table


def _counted(extract: Extract) -> str:
    plain = extract.positive in ("1", "true") or extract.why_positive in ("as asked", "told by its name")
    return f"label = {extract.positive}" + ("" if plain else f" ({extract.why_positive})")


def _contenders(contenders: tuple[Contender, ...]) -> Table:
    """A column for each, so that no figure is parted from its interval."""
    table = Table(title="out of fold; settings, columns and calibration chosen inside each training part")
    for head in ("", *(one.name for one in contenders)):
        table.add_column(head, no_wrap=True)
    rows: dict[str, Callable[[Contender], str]] = {
        "AUC (95 %)": lambda one: _interval(one.auc, 4),
        "AUC, mean of folds": lambda one: f"{sum(one.fold_auc) / max(1, len(one.fold_auc)):.4f}",
        "AUC, gridwork's less this one's, paired": lambda one: "-" if one.behind is None else _interval(one.behind, 4),
        "average precision": lambda one: f"{one.figures.average_precision or 0:.4f}",
        "lift, top tenth (95 %)": lambda one: _interval(one.lift, 3),
        "ECE (95 %)": lambda one: _interval(one.calibration_error, 4),
        "Brier": lambda one: f"{one.figures.brier:.4f}",
        "log loss": lambda one: f"{one.figures.log_loss:.4f}",
    }
    for name, cell in rows.items():
        table.add_row(name, *(cell(one) for one in contenders))
    return table


def _choices(judgement: Judgement) -> Table:
    table = Table(title="what each fold chose")
    for column in (
        "fold",
        "settings tried",
        "boosters: rounds x leaves at learning rate",
        "calibration",
        "columns that did harm",
    ):
        table.add_column(column)
    for number, chosen in enumerate(choices(judgement), start=1):
        mix = "; ".join(chosen["mix"])
        table.add_row(str(number), str(chosen["trials"]), mix, chosen["calibration"], ", ".join(chosen["unused"]) or "-")
    return table


def _forward(forward: Forward, *, dated: bool) -> Table:
    table = Table(
        title=f"forward in time, {forward.taught:,} rows before the first block; ECE without and with rolling recalibration"
    )
    for column in ("from", "to", "rows", "base rate", "AUC", "AUC rolling", "ECE", "ECE rolling"):
        table.add_column(column, justify="right")
    for block in forward.blocks:
        figures = (block.auc, block.rolled_auc, block.error, block.rolled_error)
        first, last = (str(_time(time, dated=dated)) for time in (block.first, block.last))
        table.add_row(first, last, f"{block.rows:,}", f"{block.base_rate:.1%}", *map(_figure, figures))
    a, b = forward.plain, forward.rolled
    figures = (a.auc, b.auc, a.calibration_error, b.calibration_error)
    table.add_section()
    table.add_row("all", "", f"{a.rows:,}", f"{a.base_rate:.1%}", *map(_figure, figures))
    return table


def _time(time: int, *, dated: bool) -> date | int:
    return date(1970, 1, 1) + timedelta(days=time) if dated else time


def _interval(found: Any, digits: int) -> str:
    return f"{found.estimate:.{digits}f} ({found.low:.{digits}f} to {found.high:.{digits}f})"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _as_dict(judgement: Judgement, uplift: TreatmentEvaluation | None) -> dict[str, Any]:
    labels = judgement.extract.labels
    return {
        "rows": int(labels.size),
        "positives": int(labels.sum()),
        "positive": judgement.extract.positive,
        "why_positive": judgement.extract.why_positive,
        "notes": list(judgement.extract.notes),
        "used": judgement.used,
        "left_out": [asdict(one) for one in judgement.left_out],
        "refused": [asdict(one) | {"column": shown(one.column)} for one in judgement.refused],
        "contenders": {one.name: asdict(one) for one in judgement.folds.contenders} if judgement.folds else {},
        "folds": choices(judgement),
        "forward": _forward_as_dict(judgement.forward, dated=judgement.extract.dated) if judgement.forward else None,
        "treatment": asdict(uplift) if uplift else None,
    }


def _forward_as_dict(forward: Forward, *, dated: bool) -> dict[str, Any]:
    blocks = [
        asdict(block) | {"first": _time(block.first, dated=dated), "last": _time(block.last, dated=dated)}
        for block in forward.blocks
    ]
    return asdict(forward) | {"blocks": blocks}
