"""Every figure of the console that can be asked what it means is defined in the metric library."""

import re
from pathlib import Path

from app.centre.metrics import BY_CODE

CONSOLE = Path(__file__).resolve().parents[1] / "web" / "console"
KEY = re.compile(r"""^  "([a-z_]+(?:\.[a-z0-9_]+)+)":""", re.MULTILINE)
NAMED = re.compile(r"""\bmetric(?:=|: )"([^"{}]+)\"""")


def test_every_figure_on_a_screen_is_in_the_metric_library():
    named = {
        (path.relative_to(CONSOLE).as_posix(), code)
        for path in sorted([*CONSOLE.rglob("*.svelte"), *CONSOLE.rglob("*.ts")])
        for code in NAMED.findall(path.read_text(encoding="utf-8"))
    }
    assert len(named) > 10
    assert {(path, code) for path, code in named if code not in BY_CODE} == set()


def test_no_word_of_the_console_is_said_twice():
    """The rooms' catalogues are laid over one another: of two words for one key the later would be said everywhere."""
    said: dict[str, list[str]] = {}
    for path in sorted((CONSOLE / "words").glob("*.ts")):
        for key in KEY.findall(path.read_text(encoding="utf-8")):
            said.setdefault(key, []).append(path.name)
    assert len(said) > 300
    assert {key: names for key, names in said.items() if len(names) > 1} == {}
