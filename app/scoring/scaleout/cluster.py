"""The Dask cluster that trains and scores where GRIDWORK_DASK names one: other machines, or processes of this one."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from app.core.errors import Unavailable

LOCAL = re.compile(r"local:([1-9][0-9]?)")
CONNECT_SECONDS = 10
_QUIET: dict[str, list[Any]] = {
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}  # no pages, no dashboard


class DaskMissing(Unavailable):
    """GRIDWORK_DASK is set but Dask is not installed: pip install 'gridwork[dask]', or unset it."""

    code = "dask.missing"


class DaskUnreachable(Unavailable):
    """Nothing answers at the address of GRIDWORK_DASK."""

    code = "dask.unreachable"


@contextmanager
def open_cluster(address: str) -> Iterator[Any]:
    """A client of the cluster at this address; `local:N` starts one of N processes, for as long as it is used.

    Raises DaskMissing, DaskUnreachable.
    """
    try:
        import dask
        import distributed
    except ImportError as error:
        raise DaskMissing from error
    with dask.config.set(_QUIET), _client(distributed, address) as client, client.as_current():
        if not client.scheduler_info()["workers"]:
            raise DaskUnreachable(f"GRIDWORK_DASK: the scheduler at {address} has no workers; start some")
        yield client


def workers_of(client: Any) -> list[str]:
    """The addresses of the processes that work for it."""
    return sorted(client.scheduler_info(n_workers=-1)["workers"])


def count_workers(client: Any) -> int:
    """How many processes work for it."""
    return len(workers_of(client))


@contextmanager
def _client(distributed: Any, address: str) -> Iterator[Any]:
    local = LOCAL.fullmatch(address)
    if local is None:
        try:
            client = distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, TimeoutError) as error:
            raise DaskUnreachable(f"GRIDWORK_DASK: no scheduler answers at {address}") from error
        with client:
            yield client
        return
    with (
        distributed.LocalCluster(
            n_workers=int(local[1]), threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address="127.0.0.1:0"
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield client
