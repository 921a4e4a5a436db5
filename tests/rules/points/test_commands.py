"""What is no month is refused by the commands before anything is done."""

import pytest
from typer.testing import CliRunner

from app import cli


@pytest.mark.parametrize(
    "command",
    [
        ["close-month", "MONTH"],
        ["statement", "ANA", "MONTH"],
        ["draw-back-checks", "--month", "MONTH"],
        ["scan-evidence", "--month", "MONTH"],
        ["evidence-rules", "--month", "MONTH"],
    ],
)
@pytest.mark.parametrize("month", ["2026-13", "1970-01", "2099-01", "october", "2026-10\x00"])
def test_what_is_no_month_is_refused_in_one_line_that_names_it(command, month):
    answer = CliRunner().invoke(cli.app, [month if part == "MONTH" else part for part in command])
    assert answer.exit_code == 1
    assert str(answer.exception).startswith("month: expected a month")
