"""The sample-ratio check (pure): whether as many were kept as controls as was promised.

Where they are not, something beside chance decided who is compared with whom, and no effect can be believed: A. Fabijan et al.
(2019), "Diagnosing sample ratio mismatch in online controlled experiments", KDD.
"""

from dataclasses import dataclass

from scipy.special import chdtrc

ALARM = 0.001  # a false alarm in a thousand campaigns; a real fault is seen far below it
SMALLEST_EXPECTED = 10.0  # below, chi-square is too rough, and the exact binomial test is asked


@dataclass(frozen=True)
class RatioCheck:
    """Treated and controls against the promised `share` of controls. p: how often chance alone is so far off, or further.

    `alarms`: no effect of this campaign is to be believed. p is None where nobody was to be, or is, compared.
    """

    treated: int
    control: int
    share: float
    statistic: float | None
    p: float | None
    alarms: bool


def check_ratio(treated: int, control: int, share: float) -> RatioCheck:
    """Chi-square of one degree of freedom, treated and controls against their promised shares."""
    both = treated + control
    if both == 0 or not 0 < share < 1:
        return RatioCheck(treated, control, share, None, None, both > 0 and control > 0 and share == 0)
    expected = both * share
    statistic = (control - expected) ** 2 / (expected * (1 - share))
    if min(expected, both - expected) < SMALLEST_EXPECTED:
        from scipy.stats import binomtest  # a second to import, which only those pay who have few

        p = float(binomtest(control, both, share).pvalue)
    else:
        p = float(chdtrc(1, statistic))
    return RatioCheck(treated, control, share, statistic, p, p < ALARM)


def promised_share(control_share: float, pilot_share: float) -> float:
    """Share of controls among those compared: of a pilot that stopped, only its own part was to be contacted."""
    treated = (1 - control_share) * pilot_share
    return control_share / (control_share + treated) if control_share + treated else 0.0
