"""The treatment part of `gridwork evaluate` as tables: which ordering serves in each arm of a test, and why."""

import shlex

from rich.console import Console
from rich.table import Table

from app.scoring.learning.extract import shown
from app.scoring.uplift.evaluation import ArmEvaluation, TreatmentEvaluation
from app.scoring.uplift.report import Interval, UpliftReport

_NAMES = {
    "uplift": "uplift (chosen fold by fold)",
    "t": "  T learner",
    "x": "  X learner",
    "dr": "  DR learner",
    "mean": "  mean of the three",
    "propensity": "propensity, P(y | contacted)",
    "risk": "risk, P(y | left alone)",
}


def show_treatment(out: Console, found: TreatmentEvaluation) -> None:
    """Print every arm against the control."""
    how = "told by its name" if found.guessed else "as asked"
    out.print(f"\nControl: {found.control} ({how}). Rows by arm: {_counts(found)}.", markup=False)
    out.print(f"Arms of equal size would be as uneven with p = {found.ratio_p:.3g}.", markup=False)
    for note in found.notes:
        out.print(note, markup=False)
    for refusal in found.refused:
        name = shown(refusal.column)
        out.print(f"Not used for uplift: {name}: {refusal.reason}; --allow {shlex.quote(name)} uses it.", markup=False)
    for arm in found.arms:
        _show_arm(out, arm, found.control)


def _show_arm(out: Console, arm: ArmEvaluation, control: str) -> None:
    if arm.report is None:
        out.print(f"\n{arm.arm} against {control}: {arm.refused}", markup=False)
        return
    report = arm.report
    out.print(f"\n{arm.arm} against {control}", markup=False)
    out.print(_effect(report), markup=False)
    out.print(_orderings(report))
    out.print("Effect seen in each tenth by uplift, points, best first: " + _tenths(report), markup=False)
    out.print(report.reason, markup=False)
    for warning in report.warnings:
        out.print(warning, markup=False)


def _effect(report: UpliftReport) -> str:
    shares = "share of the arm" if report.known_shares else "estimated"
    return (
        f"{report.treated:,} treated at {report.treated_rate:.2%}, {report.control:,} controls at {report.control_rate:.2%}; "
        f"average effect {_points(report.effect)} points; chance of treatment: {shares} "
        f"(AUC of the features for it {report.treatment_auc:.3f})"
    )


def _orderings(report: UpliftReport) -> Table:
    paired = report.of("uplift").qini_gain
    table = Table(title=f"{report.folds} folds, {report.repeats} repeats, {report.draws} draws, seed {report.seed}")
    table.add_column("ordering")
    for column in ("Qini x100 per treated", "AUTOC x100"):
        table.add_column(f"{column} ({report.of('uplift').qini.level:.0%} interval)", justify="right")
    for column in ("Qini", "AUTOC"):
        level = f"{paired.level:.0%}" if paired else ""
        table.add_column(f"{column} above propensity (paired, {level})", justify="right")
    for each in report.orderings:
        cells = [_interval(value) for value in (each.qini, each.autoc, each.qini_gain, each.autoc_gain)]
        table.add_row(_NAMES[each.name] + (" *" if each.name == report.chosen else ""), *cells)
    return table


def _counts(found: TreatmentEvaluation) -> str:
    return ", ".join(f"{arm} {count:,}" for arm, count in found.counts.items())


def _tenths(report: UpliftReport) -> str:
    return ", ".join("-" if tenth is None else f"{tenth:.1f}" for tenth in report.of("uplift").deciles)


def _points(found: Interval) -> str:
    return f"{100 * found.estimate:.2f} ({100 * found.low:.2f} to {100 * found.high:.2f})"


def _interval(found: Interval | None) -> str:
    return "-" if found is None else f"{found.estimate:.2f} ({found.low:.2f} to {found.high:.2f})"
