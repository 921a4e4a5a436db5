"""The guides lead somewhere, say the same in both languages, and show commands that there are."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from app.cli import app

ROOT = Path(__file__).resolve().parents[1]
GUIDES = [
    ROOT / "README.md",
    ROOT / "README.zh.md",
    *sorted((ROOT / "docs").glob("guide*.md")),
    *sorted((ROOT / "docs" / "guide").glob("*.md")),
]
LINK = re.compile(r"\]\(([^)#]+)\)")
# Pictures that the tests of the console make, `make pictures` renews.
PICTURED = {
    name
    for path in (ROOT / "tests" / "console").glob("test_*.py")
    for name in re.findall(r'looked_at\(\w+, "([a-z0-9-]+)"\)', path.read_text(encoding="utf-8"))
}
COMMAND = re.compile(r"(?:^    |&& )gridwork ([a-z][a-z-]*)", re.MULTILINE)


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_a_guide_leads_to_is_there(path):
    leads = [found for found in LINK.findall(path.read_text(encoding="utf-8")) if "://" not in found]
    missing = [found for found in leads if not (path.parent / found).exists() and Path(found).stem not in PICTURED]
    assert missing == []


def test_each_room_is_described_in_both_languages():
    rooms = {path.name.split(".")[0] for path in (ROOT / "docs" / "guide").glob("*.md")}
    assert {"analysis", "help"} <= rooms
    for room in rooms:
        pictures = [
            sorted(LINK.findall((ROOT / "docs" / "guide" / f"{room}.{language}.md").read_text("utf-8")))
            for language in ("en", "zh")
        ]
        assert pictures[0] == pictures[1], room


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_every_command_that_is_shown_is_one(name):
    known = set(get_command(app).commands)
    shown = set(COMMAND.findall((ROOT / name).read_text(encoding="utf-8")))
    assert len(shown) > 25
    assert shown <= known


def test_the_chinese_page_shows_no_command_that_the_english_one_does_not():
    english, chinese = (set(COMMAND.findall((ROOT / name).read_text(encoding="utf-8"))) for name in ("README.md", "README.zh.md"))
    assert chinese <= english
