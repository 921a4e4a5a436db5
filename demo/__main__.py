"""`python -m demo`: a synthetic town played through one month, then served. `make demo` runs it."""

import argparse
import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from app.core import clock
from app.core.embedded import EmbeddedServerError
from app.core.errors import AppError
from app.settings import Settings, SettingsError, read_settings
from demo.memory import DemoError, Sizes, remember
from demo.office import open_office
from demo.serving import free_port
from demo.story import logins_by_role, tell
from demo.table import show_logins

SEED = 7
DAYS = range(2, 22)  # so few that everything matures within the shortest month


def main() -> None:
    """Tell the story, then serve; whatever goes wrong is one line on stderr and a non-zero exit code."""
    asked = _arguments()
    try:
        settings = read_settings()
        with _alone(settings.home):
            _run(settings, asked)
    except KeyboardInterrupt:
        _fail("stopped; run it again and it goes on from there")
    except (DemoError, SettingsError, EmbeddedServerError, AppError, ValueError) as error:
        _fail(str(error))
    except SQLAlchemyError as error:
        _fail(f"the database could not be used: {str(getattr(error, 'orig', error)).strip().splitlines()[0]}")


def _run(settings: Settings, asked: argparse.Namespace) -> None:
    clock.use_zone(settings.zone)
    wanted = {name: getattr(asked, name) for name in Sizes.__dataclass_fields__}
    memory = remember(settings.home, seed=SEED, wanted=wanted, today=clock.local_date(clock.now()))
    with open_office(settings, memory) as office:
        tell(office)
        if asked.no_serve:
            return
        port = free_port(settings.host, settings.port)
        show_logins(office.console, logins_by_role(office), memory.password, f"http://{settings.host}:{port}")
    sys.stdout.flush()
    # The server replaces this process, so that it has the memory and the signals for itself.
    os.execv(sys.executable, [sys.executable, "-m", "app.cli", "serve", "--port", str(port)])  # noqa: S606


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    for name in Sizes.__dataclass_fields__:
        parser.add_argument(f"--{name.replace('_', '-')}", type=_positive, metavar="N", help=f"default {getattr(Sizes, name)}")
    parser.add_argument("--no-serve", action="store_true", help="stop before serving")
    asked = parser.parse_args()
    if asked.days is not None and asked.days not in DAYS:
        parser.error(f"--days: expected {DAYS[0]} to {DAYS[-1]}")
    return asked


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 10_000_000):
        raise argparse.ArgumentTypeError("expected a whole number above 0")
    return int(text)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Only one demo at a time in a folder; the lock is gone with the process, however it ends."""
    if not home.exists():
        home.mkdir(parents=True)
        home.chmod(0o755)  # whatever the umask: the embedded server's account must pass
    with open(home / "demo.lock", "w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DemoError(f"a demo is running in {home} already") from error
        yield


def _fail(message: str) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True, markup=False).print(f"demo: {message}")
    sys.exit(1)


if __name__ == "__main__":
    main()
