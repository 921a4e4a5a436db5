"""The figures and the logins as people read them."""

import json
from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from demo.figures import Figures, Manager
from demo.memory import Memory
from demo.office import HEADLINE

LOWEST = 4  # managers shown with their verdicts


def show_figures(console: Console, memory: Memory, found: Figures) -> None:
    """The table of what happened."""
    table = Table(title=f"{HEADLINE}\nWhat happened in {memory.month} (seed {memory.seed})", show_header=False)
    table.add_column("what")
    table.add_column("figure", justify="right")
    table.add_column("note", overflow="fold")
    rest = {reason: count for reason, count in sorted(found.targets.items()) if reason != "dispatched"}
    table.add_row("customers", f"{found.customers:,}", "")
    table.add_section()
    table.add_row("targets on the list", f"{sum(found.targets.values()):,}", "each ends with exactly one reason:")
    for reason, count in {"dispatched": found.targets.get("dispatched", 0), **rest}.items():
        table.add_row(f"  {reason}", f"{count:,}", "")
    table.add_section()
    table.add_row("work orders", f"{found.dispatched:,}", "")
    table.add_row("  contacted", f"{found.contacted:,}", f"{found.reports:,} reports from the phones")
    table.add_row("  withdrawn", f"{found.withdrawn:,}", f"{found.refused} customers refused in mid-month: gone from the phones")
    _add_success(table, found)
    table.add_section()
    table.add_row("feedback accuracy", f"{found.accuracy:.1%}", "truthful / judged, weighted")
    for manager in found.managers[:LOWEST]:
        table.add_row(f"  {manager.staff_no}", f"{manager.accuracy:.1%}", _said_of(manager))
    checks = ", ".join(f"{count} {answer}" for answer, count in sorted(found.back_checks.items()))
    table.add_row("back-checks", f"{sum(found.back_checks.values()):,}", checks)
    table.add_section()
    table.add_row("points paid", found.points, f"{found.statements} statements, month {memory.month} closed")
    table.add_row("payroll file", f"{found.payroll_rows} rows", f"sha256 {found.payroll_sha256}")
    console.print(table)


def _add_success(table: Table, found: Figures) -> None:
    table.add_section()
    rate = found.successes / found.counted if found.counted else 0
    table.add_row(
        "successes (orders in billing)", f"{found.successes:,}", f"{rate:.2%} of {found.counted:,} work orders that count"
    )
    table.add_row(
        "  a random list of that size", f"{found.random_list:.0f}", "by the hidden truth: the same people, days and attempts"
    )
    table.add_row("  lift", f"{found.lift:.2f}", "")
    alone = f"{found.control_orders} of {found.control}" if found.control else "none kept"
    table.add_row("  control, never contacted", alone, "bought all the same")
    gained, low, high = found.incremental
    table.add_row("  gained by contacting", f"{gained:+.2%}", f"difference to control, 95 %: {low:+.2%} to {high:+.2%}")


def _said_of(manager: Manager) -> str:
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in manager.verdicts.items())
    evidence = f"; e.g. {_short(manager.evidence)}" if manager.evidence else ""
    return f"in truth {manager.honesty}; {verdicts}{evidence}"


def _short(evidence: Mapping[str, object]) -> str:
    return json.dumps(evidence, ensure_ascii=False)[:160]


def show_logins(console: Console, logins: Mapping[str, str], password: str, address: str) -> None:
    """Where it serves and who may log in."""
    table = Table()
    table.add_column("role")
    table.add_column("login")
    for role, login in logins.items():
        table.add_row(role, login)
    console.print(f"\n[bold]{HEADLINE}[/bold]\nOne login for each role; the password of all: [bold]{password}[/bold]")
    console.print(table)
    console.print(
        f"API            {address}\ndocumentation  {address}/docs\nCtrl-C stops it; run it again and it goes on from here."
    )
