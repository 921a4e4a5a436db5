"""`make soak`: kill -9 at 200 random points of a dispatch of 200,000 orders.

python -m soak [--kills=200] [--customers=245000] [--seed=7]
"""

import sys
import tempfile
from pathlib import Path

from rich.console import Console

from soak.dispatching import Found, kill_dispatches
from tests.postgres import empty_database, own_server


def main() -> None:
    """Run the kills and print what was found."""
    asked = dict(word.removeprefix("--").split("=", 1) for word in sys.argv[1:])
    sizes = {name: int(asked.get(name, default)) for name, default in (("kills", 200), ("customers", 245_000), ("seed", 7))}
    with own_server(durable=True) as server, tempfile.TemporaryDirectory() as folder, empty_database(server, "soak") as url:
        for line in kill_dispatches(url, Path(folder), **sizes, tell=_tell).lines():
            Console().print(line, highlight=False)


def _tell(found: Found) -> None:
    if found.kills % 20 == 0:
        Console().print("  " + "; ".join(found.lines()), highlight=False)


if __name__ == "__main__":
    main()
