"""The command `gridwork` in the test's own process."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.cli import main
from app.commands import context
from app.core import clock
from tests.factories import NOW

Typed = Callable[..., tuple[int, str]]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """`typed("rank", "--top", 3)` runs a command; gives (exit code, what was printed)."""

    def run(*words: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["gridwork", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out + printed.err

    return run


@pytest.fixture
def gridwork(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: Typed) -> Iterator[Typed]:
    """As `typed`, on this test's own database and storage, in its own folder, at NOW."""
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("GRIDWORK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GRIDWORK_STORAGE", str(tmp_path / "storage"))
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.chdir(tmp_path)
    context.settings.cache_clear()
    context.sessions.cache_clear()
    with clock.shifted_to(NOW):
        yield typed
    context.sessions().kw["bind"].dispose()
    context.settings.cache_clear()
    context.sessions.cache_clear()
