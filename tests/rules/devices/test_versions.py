"""Which app is too old."""

import pytest

from app.core.errors import Invalid
from app.devices.versions import AppTooOld, refuse_old


@pytest.mark.parametrize(
    ("version", "minimum"),
    [
        ("1.4.2", "1.4.2"),
        ("1.10", "1.9.9"),
        ("2", "1.99.99"),
        ("1.4.2-beta.1", "1.4.2"),
        ("0", ""),
        (None, "9"),
        ("1.4.0.0", "1.4"),
    ],
)
def test_as_new_as_is_needed_is_new_enough(version, minimum):
    refuse_old(version, minimum)


@pytest.mark.parametrize(("version", "minimum"), [("1.4.1", "1.4.2"), ("1.9.9", "1.10"), ("0.99", "1"), ("1.4", "1.4.0.1")])
def test_an_older_one_is_refused_and_told_what_is_needed(version, minimum):
    with pytest.raises(AppTooOld) as refused:
        refuse_old(version, minimum)
    assert refused.value.context == {"minimum_app_version": minimum}


@pytest.mark.parametrize("version", ["", "one", "1.", ".1", "1.2.3.4.5", "1,2", "9999999", "1.2\n", "-1", "１.２"])
def test_what_is_no_version_is_named(version):
    with pytest.raises(Invalid, match="X-App-Version: expected a version such as"):
        refuse_old(version, "1.0")
