"""Which version of an app is older (pure)."""

import re

from app.core.errors import Invalid, Outdated

VERSION = r"^[0-9]{1,6}(\.[0-9]{1,6}){0,3}([-+][A-Za-z0-9.+\-]{1,40})?$"
_EXPECTED = "a version such as 1.4.2"


class AppTooOld(Outdated):
    """This version of the app is too old: take the newest one. What the phone has still to send stays on it until then."""

    code = "app.too_old"


def numbers_of(version: str) -> tuple[int, ...]:
    """`1.4` as (1, 4, 0, 0), without what follows a dash or plus. Raises Invalid."""
    if not re.fullmatch(VERSION, version, re.ASCII):
        raise Invalid("X-App-Version", _EXPECTED)
    numbers = [int(part) for part in re.split("[-+]", version, maxsplit=1)[0].split(".")]
    return (*numbers, *[0] * (4 - len(numbers)))


def refuse_old(version: str | None, minimum: str) -> None:
    """Raise AppTooOld below the minimum; who says no version is let pass, and so is everybody where there is no minimum."""
    if version is not None and numbers_of(version) < numbers_of(minimum or "0"):
        raise AppTooOld(minimum_app_version=minimum)
