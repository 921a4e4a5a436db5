"""The words that phone and console have for what the server's framework finds wrong with a field."""

import re
from functools import cache
from pathlib import Path

PLACE = Path(__file__).resolve().parents[1] / "web" / "wrong.ts"
_ENTRY = re.compile(r'^  (\w+): \["([^"]+)", "([^"]+)"\],$', re.MULTILINE)
FILLED = re.compile(r"\{(\w+)\}")


@cache
def wrong_words() -> dict[str, tuple[str, str]]:
    """(Chinese, English) by the type of the error."""
    return {kind: (zh, en) for kind, zh, en in _ENTRY.findall(PLACE.read_text(encoding="utf-8"))}
