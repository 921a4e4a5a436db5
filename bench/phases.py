"""Where the seconds of a run go: its phases, and the processors' time of ours and of PostgreSQL's processes."""

import os
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from types import ModuleType
from typing import Any

from app.campaigns import list_part
from app.dispatch import service
from app.dispatch.run import deciding, order_part, order_rows

# A phase and the function whose calls it is; what is indented is part of the one before.
_PHASES: dict[str, tuple[ModuleType, str]] = {
    "all before the commit": (service, "dispatch_campaigns"),
    "read": (service, "read_inputs"),
    "decide": (service, "decide_run"),
    "  of it the split": (deciding, "split"),
    "write": (service, "write_decisions"),
    "  of it COPY of orders": (order_rows, "write_columns"),
    "  of it INSERT of orders": (order_rows, "count_changed"),
    "  of it ids": (order_rows, "_take_ids"),
    "  of a part, COPY": (order_part, "write_columns"),
    "  of a part, indexes": (order_rows, "index_part"),
    "  of a part, contact locks": (order_rows, "hold_contacts"),
    "  of a part, attaching": (order_rows, "attach_part"),
    "  beside it the list": (list_part, "write_columns"),
    "close": (service, "_close_run"),
}


@contextmanager
def timed_phases() -> Iterator[dict[str, float]]:
    """Seconds of each phase of what runs inside."""
    found, before = dict.fromkeys(_PHASES, 0.0), {}
    for name, (module, function) in _PHASES.items():
        before[name] = getattr(module, function)
        setattr(module, function, _timed(before[name], name, found))
    try:
        yield found
    finally:
        for name, (module, function) in _PHASES.items():
            setattr(module, function, before[name])


def _timed(work: Callable[..., Any], name: str, found: dict[str, float]) -> Callable[..., Any]:
    @wraps(work)
    def timed(*arguments: Any, **named: Any) -> Any:
        began = time.perf_counter()
        try:
            return work(*arguments, **named)
        finally:
            found[name] += time.perf_counter() - began

    return timed


class Processors:
    """Seconds of processor that this process and its children, and a server and its, use from now on."""

    def __init__(self, server: int) -> None:
        self._server, self._before = server, _seconds(server)

    def used(self) -> dict[str, float]:
        """The seconds so far."""
        now = _seconds(self._server)
        return {name: seconds - self._before[name] for name, seconds in now.items()}


def _seconds(server: int) -> dict[str, float]:
    ours = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    ticks = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            fields = (process / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has gone
            continue
        if int(process.name) == server:
            ticks += sum(map(int, fields[13:15]))  # of children that have ended
        elif int(fields[1]) == server:
            ticks += sum(map(int, fields[11:13]))
    return {
        "processor, ours": sum(one.ru_utime + one.ru_stime for one in ours),
        "processor, PostgreSQL's": ticks / os.sysconf("SC_CLK_TCK"),
    }
