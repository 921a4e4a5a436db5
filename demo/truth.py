"""What is really so in the synthetic town: never part of the extract, only of the demo's own bookkeeping."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PRODUCTS = ("BB500", "FT01", "TV01", "RT01")
MAIN = "BB500"
HONEST, CLAIMER, NEVER_CALLS = "honest", "claimer", "never_calls"
TRUTH_FILE = Path("truth") / "truth.npz"


@dataclass(frozen=True, eq=False)
class Truth:
    """Hidden state of n customers, p products (order of `PRODUCTS`) and m terminal managers.

    `reach` (n) is the chance that an attempt gets the customer on the line, 0 where `bad_phone`;
    `when_reached` (n, p) the chance that a customer so reached by a manager of skill 1 buys; `alone` (n, p)
    the chance of an order within some three weeks without any contact; `held` (n, p) what is owned already;
    `skill` (m) multiplies the odds; `honesty` (m) is one of honest, claimer, never_calls.
    """

    seed: int
    reach: NDArray[np.float32]
    bad_phone: NDArray[np.bool_]
    when_reached: NDArray[np.float32]
    alone: NDArray[np.float32]
    held: NDArray[np.bool_]
    staff_no: NDArray[np.str_]
    skill: NDArray[np.float64]
    honesty: NDArray[np.str_]

    @cached_property
    def contacted(self) -> NDArray[np.float32]:
        """(n, p) chance of an order after one contact by a manager of skill 1; 0 where held."""
        reach = self.reach[:, None]
        chance = reach * self.when_reached + (1 - reach) * self.alone
        return np.where(self.held, 0, chance).astype(np.float32)

    @cached_property
    def _staff_row(self) -> dict[str, int]:
        return {str(number): row for row, number in enumerate(self.staff_no)}

    def customer_row(self, customer_no: str) -> int:
        """Row of a customer; KeyError when the town has no such customer."""
        digits = customer_no[1:]
        row = int(digits) - 1 if customer_no[:1] == "K" and digits.isdecimal() else -1
        if not 0 <= row < len(self.reach):
            raise KeyError(customer_no)
        return row

    def customer_rows(self, customer_nos: Iterable[str]) -> NDArray[np.int64]:
        """Rows of several customers, in their order; KeyError as above."""
        return np.array([self.customer_row(number) for number in customer_nos], dtype=np.int64)

    def staff_row(self, staff_no: str) -> int:
        """Row of a terminal manager; KeyError when there is none of that number."""
        return self._staff_row[staff_no]

    def honesty_of(self, staff_no: str) -> str:
        """One of honest, claimer, never_calls."""
        return str(self.honesty[self.staff_row(staff_no)])


def product_column(product_code: str) -> int:
    """Column of a product in the truth's tables; ValueError names the known codes."""
    return PRODUCTS.index(product_code)


def save_truth(truth: Truth, folder: Path) -> Path:
    """Write the truth under `folder`/truth, for a second run of the demo; gives the file."""
    path = folder / TRUTH_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **{field.name: getattr(truth, field.name) for field in fields(truth)})
    return path


def load_truth(folder: Path) -> Truth:
    """Read what `save_truth` wrote; FileNotFoundError when the town was never finished there."""
    with np.load(folder / TRUTH_FILE, allow_pickle=False) as stored:
        columns = {field.name: stored[field.name] for field in fields(Truth) if field.name != "seed"}
        return Truth(seed=int(stored["seed"]), **columns)
