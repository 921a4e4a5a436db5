"""What the demo remembers between two runs: which steps are done, in one small file beside the town."""

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from app.core.clock import Month

FILE = "demo.json"
VERSION = 1


class DemoError(Exception):
    """The demo cannot go on; the message says why and what to do, in one line."""


@dataclass(frozen=True)
class Sizes:
    """How large the town is; `days` are those on which the phones are played, `list_size` the customers to contact."""

    branches: int = 3
    grids: int = 12
    managers: int = 60
    customers: int = 20_000
    list_size: int = 3_000
    days: int = 21


@dataclass
class Memory:
    """The town that was begun, and the results of the steps that are done, by name, in their order."""

    path: Path
    seed: int
    month: str
    sizes: Sizes
    password: str
    database: str = ""
    done: dict[str, Any] = field(default_factory=dict)

    @property
    def played(self) -> Month:
        """The month that is played."""
        return Month.parse(self.month)

    def result(self, step: str) -> Any:
        """What a step that is done came to; KeyError where it is not."""
        return self.done[step]

    def once(self, step: str, work: Callable[[], Any]) -> Any:
        """The result (JSON) of a step: as remembered, else of doing it now. It is remembered only once it is done."""
        if step not in self.done:
            result = work()
            self.done[step] = result
            self.save()
        return self.done[step]

    def forget(self) -> None:
        """Begin the same town anew."""
        self.done.clear()
        self.save()

    def save(self) -> None:
        """Write all of it, or nothing; it holds a password, so it is the owner's alone."""
        content = {"version": VERSION, **asdict(self)}
        del content["path"]
        write_json(self.path, content)


def write_json(path: Path, content: Any) -> None:
    """Write a file that is whole or not there, whenever the process is killed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".unfinished")
    with open(unfinished, "w", encoding="utf-8", opener=_owner_only) as file:
        json.dump(content, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def remember(home: Path, *, seed: int, wanted: dict[str, int | None], today: date) -> Memory:
    """The memory of this installation, or a new one that plays the last full month before `today`.

    `wanted` are sizes asked for, None where they were not. Raises DemoError where they are not those of the town begun.
    """
    path = home / FILE
    asked = {name: value for name, value in wanted.items() if value is not None}
    memory = _read(path) if path.exists() else None
    if memory is None or not memory.done:
        month = memory.month if memory else str(Month.of_day(today).previous)
        sizes = Sizes(**({"list_size": _list_size(asked)} | asked))
        return Memory(path=path, seed=seed, month=month, sizes=sizes, password=secrets.token_hex(6))
    for name, value in asked.items():
        begun = getattr(memory.sizes, name)
        if begun != value:
            name = name.replace("_", "-")
            raise DemoError(f"{name}: the town in {home} was begun with {begun}, not {value}: run 'make clean' first")
    return memory


def _read(path: Path) -> Memory:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.pop("version") != VERSION:
            raise ValueError("another version")
        return Memory(path=path, **(content | {"sizes": Sizes(**content["sizes"])}))
    except (ValueError, TypeError, KeyError) as error:
        raise DemoError(f"{path} is not this demo's memory ({error}): run 'make clean' to begin anew") from error


def _list_size(asked: dict[str, int]) -> int:
    """About one customer in seven, so that the best are picked and the managers have work for most of three weeks."""
    return max(asked.get("customers", Sizes.customers) * 3 // 20, 1)
