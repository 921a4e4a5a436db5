"""`make soak`: what is shown by doing it very often, for hours. Prints what was found; asserts nothing.

python -m soak [kills] [reports] [changes] [clocks] [phones] [ledger] [--NAME=VALUE ...]

kills    kill -9 at random points of a dispatch, whose list and work orders are parts: --kills=200 --customers=245000 --part-from=100000
reports  reports over a line that cuts 30 % of the answers: --reports=100000 --senders=200 --sends=350000
changes  writers of up to 5 s while phones pull: --changes=1000000 --writers=16
clocks   phone clocks wrong by every day up to 400, at every turn of a month, some 5 minutes of processor: --step=1
ledger   random operations beside a model in memory: --operations=100000
phones   many phones in ten minutes, then with a flood of log-ins: --phones=3000 --seconds=600 --log-ins=100

Ctrl-C ends the kills after the one under way: the dispatch finishes, and the counts so far are printed.
"""

import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

from rich.console import Console

from app.core import clock
from soak.changing import change_while_phones_pull
from soak.clocks import report_by_wrong_clocks
from soak.dispatching import Found, kill_dispatches
from soak.field import tell
from soak.ledgering import operate_on_ledger
from soak.loading import load_with_phones
from soak.reporting import report_over_a_bad_line
from tests.postgres import empty_database, own_server

SIZES = {
    "kills": 200, "customers": 245_000, "part-from": 100_000, "seed": 7, "reports": 100_000, "senders": 200, "sends": 350_000,
    "changes": 1_000_000, "writers": 16, "step": 1, "phones": 3_000, "seconds": 600, "log-ins": 100, "operations": 100_000,
}  # fmt: skip
Sizes = Mapping[str, int]


def main() -> None:
    """Run what is asked for, or all, and print what was found."""
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    given = dict(word.removeprefix("--").split("=", 1) for word in sys.argv[1:] if word.startswith("--"))
    unknown = (set(words) - SOAKS.keys()) | (given.keys() - SIZES.keys())
    if unknown:
        sys.exit(f"soak: unknown: {', '.join(sorted(unknown))}; expected some of {', '.join(SOAKS)} and --{' --'.join(SIZES)}")
    sizes = SIZES | {name: int(value) for name, value in given.items()}
    clock.use_zone(clock.zone())
    with own_server(durable=True) as server:
        for name in words or SOAKS:
            with tempfile.TemporaryDirectory() as folder, empty_database(server, f"soak_{name}") as url:
                Console().rule(name)
                for line in SOAKS[name](url, Path(folder), sizes):
                    Console().print(line, highlight=False)


@contextmanager
def asked_to_stop() -> Iterator[Event]:
    """Set by the first Ctrl-C, which then stops nothing else; the second one does what it always does."""
    stop = Event()

    def note(*_: Any) -> None:
        signal.signal(signal.SIGINT, before)
        stop.set()
        Console(stderr=True).print("Finishing the dispatch under way; once more Ctrl-C: at once.", highlight=False)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def _kills(url: str, folder: Path, sizes: Sizes) -> list[str]:
    def progress(found: Found) -> None:
        if found.kills % 20 == 0:
            Console().print("  " + "; ".join(found.lines()), highlight=False)

    asked = {name: sizes[name] for name in ("kills", "customers", "seed")}
    with asked_to_stop() as stop:
        return kill_dispatches(url, folder, **asked, part_from=sizes["part-from"], tell=progress, is_over=stop.is_set).lines()


def _reports(url: str, folder: Path, sizes: Sizes) -> list[str]:
    found = report_over_a_bad_line(
        url, folder, phones=sizes["senders"], reports=sizes["reports"], sends=sizes["sends"], seed=sizes["seed"]
    )
    return tell(vars(found) | {"wrong": found.wrong()})


def _changes(url: str, folder: Path, sizes: Sizes) -> list[str]:
    found = change_while_phones_pull(url, folder, changes=sizes["changes"], writers=sizes["writers"], seed=sizes["seed"])
    return tell(vars(found) | {"wrong": found.wrong()})


def _clocks(url: str, _: Path, sizes: Sizes) -> list[str]:
    found = report_by_wrong_clocks(url, step=sizes["step"], seed=sizes["seed"])
    return tell(vars(found) | {"wrong": found.wrong()})


def _phones(url: str, folder: Path, sizes: Sizes) -> Iterator[str]:
    found = load_with_phones(
        url, folder, phones=sizes["phones"], seconds=sizes["seconds"], log_ins=sizes["log-ins"], seed=sizes["seed"]
    )
    for kind in sorted(found.seconds):
        times = f"p50 {found.at(kind, 0.5):.1f} ms, p95 {found.at(kind):.1f} ms, p99 {found.at(kind, 0.99):.1f} ms"
        yield f"{kind}: {len(found.seconds[kind])} requests, {times}, {dict(found.statuses[kind])}"
    yield f"failed: {found.failed()}; 429 without Retry-After: {found.without_retry_after}; reports stored: {found.stored}"


def _ledger(url: str, _: Path, sizes: Sizes) -> list[str]:
    return tell(vars(operate_on_ledger(url, operations=sizes["operations"], seed=sizes["seed"])))


SOAKS: dict[str, Callable[[str, Path, Sizes], list[str] | Iterator[str]]] = {
    "kills": _kills,
    "reports": _reports,
    "changes": _changes,
    "clocks": _clocks,
    "ledger": _ledger,
    "phones": _phones,
}

if __name__ == "__main__":
    main()
