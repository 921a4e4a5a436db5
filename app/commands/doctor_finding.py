"""What a check of `gridwork doctor` finds, and making checks so that a broken one never stops the others."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

T = TypeVar("T")


class State(StrEnum):
    """How it is."""

    OK = "ok"
    WRONG = "wrong"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Finding:
    """What was found, and what to do where it is wrong."""

    state: State
    found: str
    remedy: str = ""
    check: str = ""


def ok(found: str) -> Finding:
    """All is well."""
    return Finding(State.OK, found)


def wrong(found: str, remedy: str) -> Finding:
    """Something is wrong, and this is what to do."""
    return Finding(State.WRONG, found, remedy)


def make_checks(checks: Mapping[str, Callable[[T], Finding]], what: T) -> Iterator[Finding]:
    """One finding of each check, in order."""
    for name, check in checks.items():
        try:
            finding = check(what)
        except Exception as error:  # whatever it is: it is shown, and the next check is made
            said = (str(error).strip().splitlines() or [""])[0][:160]
            finding = wrong(f"could not be checked: {type(error).__name__}: {said}", "mend this first, then ask again")
        yield replace(finding, check=name)


def skip_checks(checks: Iterable[str], why: str) -> Iterator[Finding]:
    """Checks of these names, not made."""
    for name in checks:
        yield Finding(State.SKIPPED, why, check=name)
