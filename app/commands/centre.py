"""Commands about the customer data centre: tags, metrics, words for features, talk tracks, and one customer whole."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from app.centre import queries, service
from app.centre.computing import compute_tags
from app.centre.definitions import TagOptions, lines_of_csv, tags_of_json, words_of_csv
from app.centre.metrics import METRICS
from app.centre.starters import STARTER_TAGS
from app.commands.context import console, run, sessions
from app.core import clock
from app.jobs.runner import in_transaction
from app.reports.customer_360 import view_customer_whole

Code = Annotated[str, typer.Argument(help="code of the tag")]
Owner = Annotated[str, typer.Option(help="who answers for it")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("tags")(tags)
    app.command("define-tag")(define_tag)
    app.command("load-tags")(load_tags)
    app.command("retire-tag")(retire_tag)
    app.command("compute-tags")(compute)
    app.command("tag-members")(tag_members)
    app.command("metrics")(metrics)
    app.command("describe-features")(describe_features)
    app.command("import-talk-tracks")(import_talk_tracks)
    app.command("customer")(customer)


def tags() -> None:
    """The tags in use, with how many customers bear them and what is wrong with them."""
    table = Table(title="tags")
    for column in ("code", "version", "name", "owner", "customers", "computed", "problem"):
        table.add_column(column, justify="right" if column in ("version", "customers") else "left")
    for tag in in_transaction(sessions(), queries.tags_in_use):
        computed = tag.computed_at.strftime("%Y-%m-%d %H:%M") if tag.computed_at else "not yet"
        count = "" if tag.member_count is None else f"{tag.member_count:,}"
        table.add_row(tag.code, str(tag.version), f"{tag.name_zh} {tag.name_en}", tag.owner, count, computed, tag.problem or "")
    console.print(table)


def define_tag(
    file: Annotated[Path, typer.Argument(help='JSON: [{"code": ..., "name_zh": ..., "name_en": ..., "rule": {...}}]')],
    owner: Owner = "operator",
) -> None:
    """Define the tags of a file, or new versions of them. The same again changes nothing."""
    found = tags_of_json(file.read_bytes(), owner=owner)
    run("define-tag", lambda session, now: service.define_tags(session, definitions=found, now=now))


def load_tags(owner: Owner = "operator") -> None:
    """Define the tags to begin with: high value, new, long-standing, lost, at risk, contract ending, heavy data, silent."""
    found = [TagOptions(**entry, owner=owner) for entry in STARTER_TAGS]
    run("load-tags", lambda session, now: service.define_tags(session, definitions=found, now=now))


def retire_tag(code: Code) -> None:
    """Take a tag out of use; nobody bears it any more."""
    run("retire-tag", lambda session, now: service.retire_tag(session, code=code, now=now))


def compute() -> None:
    """Find anew who bears each tag; the worker does this every night."""
    run("compute-tags", lambda session, now: compute_tags(session, now=now))


def tag_members(
    code: Code,
    out: Annotated[Path | None, typer.Option(help="CSV file to write, tag-CODE.csv if not given")] = None,
) -> None:
    """Write who bears a tag, and since when."""
    path = out or Path(f"tag-{code}.csv")

    def read(session: Session) -> int:
        tag = queries.get_tag(session, code)
        rows = queries.members_of(session, tag.code)
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows([("customer_no", "grid_code", "since"), *map(tuple, rows)])
        return len(rows)

    count = in_transaction(sessions(), read)
    console.print(f"{count:,} customers bear {code}: written to {path}", markup=False)


def metrics() -> None:
    """What every figure means, who answers for it, and where it comes from."""
    for each in METRICS:
        console.print(f"{each.code}: {each.name_zh}, {each.name_en}", markup=False)
        console.print(f"  {each.formula} ({each.unit})", markup=False, soft_wrap=True)
        console.print(f"  {each.owner}; from {', '.join(each.lineage)}; by {each.computed_by}", markup=False, soft_wrap=True)


def describe_features(
    file: Annotated[Path, typer.Argument(help="CSV with feature,name_zh,name_en,unit_zh,unit_en")],
) -> None:
    """Say what features are called in reasons; those of other features stay."""
    words = words_of_csv(file.read_bytes())
    run("describe-features", lambda session, _: service.describe_features(session, words=words))


def import_talk_tracks(
    file: Annotated[Path, typer.Argument(help="CSV with product_code,feature,text_zh,text_en; a blank feature is for everybody")],
) -> None:
    """Say what is to be said about products, and to whom a feature speaks for them; other lines stay."""
    lines = lines_of_csv(file.read_bytes())
    run("import-talk-tracks", lambda session, _: service.set_talk_tracks(session, lines=lines))


def customer(customer_no: Annotated[str, typer.Argument(help="number of the customer")]) -> None:
    """One customer whole: who they are, what they hold and did, how they stand, and what to offer them."""
    view = in_transaction(sessions(), lambda session: view_customer_whole(session, customer_no=customer_no, now=clock.now()))
    for name, value in view["customer"].items():
        console.print(f"{name.replace('_', ' ')}: {'-' if value is None else value}", markup=False)
    for section, entries in view.items():
        if section == "customer":
            continue
        console.print(f"\n{section.replace('_', ' ')}" + ("" if entries else ": none"), markup=False)
        for entry in entries:
            console.print(f"  {in_a_line(section, entry)}", markup=False)


def in_a_line(section: str, entry: Mapping[str, Any]) -> str:
    """An entry of a section; what is said in words stands alone, of a score also its reasons."""
    if section == "figures":
        return f"{entry['zh']} | {entry['en']}"
    plain = ", ".join(
        f"{name.replace('_', ' ')} {value:.4g}" if isinstance(value, float) else f"{name.replace('_', ' ')} {value}"
        for name, value in entry.items()
        if value is not None and name != "reasons"
    )
    reasons = [f"\n    {reason.get('zh', '')} | {reason.get('en', '')}" for reason in entry.get("reasons", [])]
    return plain + "".join(reasons)
