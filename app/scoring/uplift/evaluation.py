"""The treatment part of `gridwork evaluate`: every arm of a test against its control."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.core.errors import Invalid
from app.scoring.learning.boosting import threads_for
from app.scoring.learning.encoding import encode, fit_encoding
from app.scoring.learning.leaks import Refusal
from app.scoring.uplift.afterwards import recorded_afterwards
from app.scoring.uplift.choice import DRAWS, judge_uplift
from app.scoring.uplift.learners import Sample
from app.scoring.uplift.report import UpliftReport
from app.scoring.uplift.treatment import sample_ratio, too_few, treatment_chances, with_chances

MOST_ARMS = 20
FEWEST_OF_AN_ARM = 10  # fewer are stray values, no arm of a test
MOST_DRAWN, FEWEST_DRAWS = 40_000_000, 100  # rows drawn in all: with very many rows fewer draws say enough
UNEVEN_BELOW = 0.001
# As they stand when everything but letters and digits is left out.
CONTROL_NAMES = frozenset(
    {"0", "false", "f", "no", "none", "null", "control", "controls", "controlgroup", "ctrl", "holdout", "placebo", "baseline"}
    | {"untreated", "untouched", "nothing", "noemail", "nomail", "nosms", "nocall", "nocontact", "nooffer", "notreatment"}
    | {"nottreated", "notcontacted", "nopromotion", "nopromo"}
)


class NoControl(Invalid):
    """It cannot be told which arm was left alone."""

    code = "evaluation.no_control"


@dataclass(frozen=True)
class ArmEvaluation:
    """One arm against control: the report, or why there is none."""

    arm: str
    rows: int
    report: UpliftReport | None
    refused: str | None


@dataclass(frozen=True)
class TreatmentEvaluation:
    """All arms. `guessed`: the control was told by its name. `notes` are sentences about how the arms were filled;
    `refused` are columns that followed from the arm."""

    control: str
    guessed: bool
    counts: dict[str, int]
    ratio_p: float
    arms: tuple[ArmEvaluation, ...]
    notes: tuple[str, ...]
    refused: tuple[Refusal, ...] = ()


def evaluate_treatment(
    features: pl.DataFrame,
    labels: NDArray[np.int8],
    treatment: pl.Series,
    *,
    control: str | None = None,
    groups: NDArray[np.int64] | None = None,
    allow: Collection[str] = (),
    seed: int = 7,
    num_threads: int = 2,
) -> TreatmentEvaluation:
    """Judge uplift in each arm of a test.

    features: n rows of what was known before the contact, without label, treatment and outcomes of any kind. labels (n,) of
    0 and 1. treatment (n,): the arm's name; rows without one are left out. control: its name, None: guessed among common
    ones. groups (n,): rows that belong together, None: rows of equal features do. allow: columns to use though they look as if
    recorded after the contact. Raises Invalid, NoControl, NoFeatures.
    """
    names = arm_names(treatment)
    counts, chosen = find_arms(treatment, control)
    ratio = sample_ratio(counts)
    refused = recorded_afterwards(features, names, allow=allow, seed=seed)
    features = features.drop([refusal.column for refusal in refused])
    arms = tuple(
        _evaluate_arm(arm, chosen, features, labels, names, groups, seed=seed, num_threads=num_threads)
        for arm in counts
        if arm != chosen
    )
    return TreatmentEvaluation(chosen, control is None, counts, ratio, arms, _notes(names, counts, ratio), refused)


def find_arms(treatment: pl.Series, control: str | None) -> tuple[dict[str, int], str]:
    """Rows by arm, and the arm that was left alone. Raises Invalid, NoControl."""
    names = arm_names(treatment)
    counts = {str(arm): int(count) for arm, count in names.drop_nulls().value_counts(sort=False).sort(names.name).iter_rows()}
    if not 2 <= len(counts) <= MOST_ARMS:
        raise Invalid("treatment", f"a column of 2 to {MOST_ARMS} different values, {treatment.name} has {len(counts)}")
    small = [f"{arm} has {count}" for arm, count in counts.items() if count < FEWEST_OF_AN_ARM]
    if small:
        raise Invalid("treatment", f"at least {FEWEST_OF_AN_ARM} rows in every arm of {treatment.name}, {', '.join(small)}")
    return counts, find_control(list(counts), control)


def arm_names(treatment: pl.Series) -> pl.Series:
    """The arms as text: 1.0 reads 1, true reads true."""
    values = treatment
    if values.dtype.is_float() and values.drop_nulls().is_finite().all() and (values.drop_nulls() % 1 == 0).all():
        values = values.cast(pl.Int64)
    return values.cast(pl.String).alias("arm")


def find_control(arms: list[str], asked: str | None) -> str:
    """The arm that was left alone: the one asked for, else the only one with a common name. Raises NoControl."""
    if asked is not None:
        if asked not in arms:
            raise NoControl("control", f"one of {', '.join(arms)}, got {asked}")
        return asked
    found = [arm for arm in arms if "".join(letter for letter in arm.lower() if letter.isalnum()) in CONTROL_NAMES]
    if len(found) != 1:
        raise NoControl("control", f"the arm that was left alone, one of {', '.join(arms)}; its name does not tell")
    return found[0]


def _evaluate_arm(
    arm: str,
    control: str,
    features: pl.DataFrame,
    labels: NDArray[np.int8],
    names: pl.Series,
    groups: NDArray[np.int64] | None,
    *,
    seed: int,
    num_threads: int,
) -> ArmEvaluation:
    here = names.is_in([arm, control])
    rows = here.fill_null(False).to_numpy()
    frame = features.filter(pl.Series(rows))
    encoding = fit_encoding(frame)
    treated = (names.filter(pl.Series(rows)) == arm).to_numpy()
    sample = Sample(
        matrix=encode(frame, encoding),
        labels=labels[rows].astype(np.float64),
        treated=treated,
        weights=np.ones(treated.size),
        chance=np.full(treated.size, treated.mean()),
        groups=alike(frame) if groups is None else groups[rows],
        text_positions=tuple(encoding.text_positions),
    )
    if refused := too_few(sample):
        return ArmEvaluation(arm, sample.rows, None, refused)
    num_threads = threads_for(sample.rows, num_threads)
    chances = treatment_chances(sample, seed=seed, num_threads=num_threads)
    report = judge_uplift(
        with_chances(sample, chances),
        seed=seed,
        known_shares=chances.known,
        treatment_auc=chances.auc,
        warnings=(chances.warning,) if chances.warning else (),
        draws=int(np.clip(MOST_DRAWN // sample.rows, FEWEST_DRAWS, DRAWS)),
        num_threads=num_threads,
    )
    return ArmEvaluation(arm, sample.rows, report, None)


def alike(features: pl.DataFrame) -> NDArray[np.int64]:
    """A number per row, the same for rows of equal features, of which those that number the rows do not count.

    Where most rows have equals, few columns say little and being equal is no sign of being the same customer: then each row
    stands alone.
    """
    rows = pl.Series("row, numbered", np.arange(features.height))
    telling = [column for column in features if column.n_unique() < features.height]
    if not telling:
        return rows.to_numpy().astype(np.int64)
    numbered = pl.DataFrame([*telling, rows])
    firsts = numbered.select(pl.col(rows.name).first().over([column.name for column in telling])).to_series()
    return (firsts if firsts.n_unique() * 2 > firsts.len() else rows).to_numpy().astype(np.int64)


def _notes(names: pl.Series, counts: dict[str, int], ratio: float) -> tuple[str, ...]:
    notes = []
    if names.null_count():
        notes.append(f"{names.null_count()} rows without an arm are left out.")
    if ratio < UNEVEN_BELOW:
        sizes = ", ".join(f"{arm} {count:,}" for arm, count in counts.items())
        notes.append(
            f"The arms are uneven ({sizes}): a test with equal shares would not be (p = {ratio:.1g}). Was it planned so?"
        )
    return tuple(notes)
