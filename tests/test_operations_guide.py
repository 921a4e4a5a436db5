"""The operators' guide names what there is."""

import re
from pathlib import Path

from app.cli import app as cli
from app.commands.notices import outbox, webhooks
from app.commands.serving import database
from app.settings import Settings

GUIDE = (Path(__file__).resolve().parents[1] / "docs" / "operations.md").read_text(encoding="utf-8")


def test_every_setting_is_explained_with_its_name_and_no_other():
    named = set(re.findall(r"`(GRIDWORK_[A-Z_]+)`", GUIDE))
    assert named - {"GRIDWORK_PUBLISH"} == {f"GRIDWORK_{name.upper()}" for name in Settings.model_fields}


def test_every_command_it_names_exists():
    groups = {"database": database, "webhooks": webhooks, "outbox": outbox}
    known = {command.name for command in cli.registered_commands} | set(groups)
    assert set(re.findall(r"gridwork ([a-z][a-z-]+)", GUIDE)) <= known
    for name, group in groups.items():
        inner = {command.name for command in group.registered_commands}
        assert set(re.findall(rf"gridwork {name} ([a-z]+)", GUIDE)) <= inner
