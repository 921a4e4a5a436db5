"""Commands about feeds: importing files, what was put aside, which days are complete."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy.orm import Session

from app.commands.context import console, run, settings
from app.core.errors import Invalid
from app.dispatch.intake import take_in
from app.ingest import service
from app.ingest.feeds import FEEDS, feed_named
from app.ingest.reading import rough_row_count
from app.ingest.service import ImportReport

SUFFIXES = (".csv", ".parquet")
FeedName = Annotated[str, typer.Argument(metavar="FEED", help="one of: " + ", ".join(FEEDS))]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD")]


class NoFeedFiles(Invalid):
    """The folder holds no file of a feed, or two of one."""

    code = "folder.wrong"

    def __init__(self, expected: str) -> None:
        super().__init__("folder", expected)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("import")(import_file)
    app.command("import-folder")(import_folder)
    app.command("declare-complete")(declare_complete)
    app.command("rejected")(rejected)


def import_file(
    feed: FeedName,
    file: Path,
    full: Annotated[bool, typer.Option("--full", help="remove what is not in the file")] = False,
    force: Annotated[bool, typer.Option("--force", help="even where that is a large share")] = False,
    complete_from: Day = None,
    complete_through: Day = None,
) -> None:
    """Apply a CSV or Parquet file of a feed, once. Rows that cannot be taken are put aside: see 'rejected'.

    With --complete-from and --complete-through the feed (orders, calls, complaints) is said to hold all there was on these days.
    """
    days = {"complete_from": _day(complete_from), "complete_through": _day(complete_through)}
    _say(_apply(feed, file, full=full, force=force, **days))


def import_folder(folder: Path) -> None:
    """Apply every FEED.csv or FEED.parquet of a folder, in the order in which they refer to each other."""
    files = feed_files(folder)
    others = sorted(path.name for path in folder.iterdir() if path not in files.values())
    for feed, path in files.items():
        _say(_apply(feed, path))
    if others:
        console.print("Not a feed, left alone: " + escape(", ".join(others)))


def declare_complete(
    feed: FeedName,
    first: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], metavar="FROM")],
    last: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], metavar="THROUGH")],
) -> None:
    """Say that a feed holds all there was on these local days, so that absence from it counts as evidence."""

    def work(session: Session, now: datetime) -> dict[str, int]:
        days = service.declare_complete(session, feed=feed, first=first.date(), last=last.date(), now=now)
        return {"complete_days": days}

    run(f"declare-complete-{feed_named(feed).name}", work)


def rejected(
    batch: Annotated[int, typer.Argument(min=1, max=2**31 - 1, help="the import's number")],
    out: Annotated[Path | None, typer.Option(help="file to write, rejected-BATCH.csv if not given")] = None,
) -> None:
    """Write the rows that an import put aside as a CSV that is fixed and imported again."""
    path = out or Path(f"rejected-{batch}.csv")
    run("rejected", lambda session, _: {"rejected": service.write_rejected(session, batch_id=batch, path=path)})
    console.print(f"Written to {escape(str(path))}. Fix it and import it again; its last three columns may stay.")


def feed_files(folder: Path) -> dict[str, Path]:
    """The feed files of a folder, in the order in which they refer to each other. Raises NoFeedFiles."""
    if not folder.is_dir():
        raise NoFeedFiles(f"a folder that exists, not {folder.name}")
    found = {feed: [path for suffix in SUFFIXES if (path := folder / f"{feed}{suffix}").is_file()] for feed in FEEDS}
    twice = [feed for feed, paths in found.items() if len(paths) > 1]
    if twice:
        raise NoFeedFiles(f"one file of each feed, there are a .csv and a .parquet of {twice[0]}")
    if not any(found.values()):
        raise NoFeedFiles("files named FEED.csv or FEED.parquet, where FEED is one of " + ", ".join(FEEDS))
    return {feed: paths[0] for feed, paths in found.items() if paths}


def _apply(feed: str, path: Path, **options: Any) -> ImportReport:
    feed_named(feed)
    reports: list[ImportReport] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(feed, total=rough_row_count(path))

        def work(session: Session, now: datetime) -> Mapping[str, Any]:
            report = take_in(
                session,
                now=now,
                feed=feed,
                path=path,
                file_name=path.name,
                max_removed_share=settings().full_load_share,
                progress=lambda rows: bar.advance(task, rows),
                **options,
            )
            reports.append(report)
            return report.counts | {"import": report.id}

        run(f"import-{feed}", work)
    return reports[-1]


def _say(report: ImportReport) -> None:
    if report.already_applied:
        when = report.imported_at.isoformat(timespec="seconds")
        console.print(f"These bytes were applied before, as import {report.id} at {when}: nothing was changed.")
    if report.ignored_columns:
        console.print("Columns that are not of this feed, ignored: " + escape(", ".join(report.ignored_columns)))
    if report.counts["rejected"]:
        console.print(f"Put aside: {report.counts['rejected']}. To get them: gridwork rejected {report.id}")


def _day(given: datetime | None) -> date | None:
    return given.date() if given else None
