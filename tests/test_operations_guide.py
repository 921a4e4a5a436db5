"""The operators' guide names what there is."""

import re
from pathlib import Path

from app.cli import app as cli
from app.commands.serving import database
from app.settings import Settings

GUIDE = (Path(__file__).resolve().parents[1] / "docs" / "operations.md").read_text(encoding="utf-8")


def test_every_setting_is_explained_with_its_name_and_no_other():
    named = set(re.findall(r"`(GRIDWORK_[A-Z_]+)`", GUIDE))
    assert named - {"GRIDWORK_PUBLISH"} == {f"GRIDWORK_{name.upper()}" for name in Settings.model_fields}


def test_every_command_it_names_exists():
    known = {command.name for command in cli.registered_commands} | {"database"}
    assert set(re.findall(r"gridwork ([a-z][a-z-]+)", GUIDE)) <= known
    inner = {command.name for command in database.registered_commands}
    assert set(re.findall(r"gridwork database ([a-z]+)", GUIDE)) <= inner
