"""The worker as a module: `python -m app.worker`, the same as `gridwork worker`."""

from app.jobs.process import run_worker
from app.settings import read_settings


def main() -> None:
    """Run the timetable until told to stop."""
    run_worker(read_settings())


if __name__ == "__main__":
    main()
