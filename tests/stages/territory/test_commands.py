"""Handovers on the command line."""

import pytest

from tests.factories import TODAY


def test_a_handover_from_plan_to_day(gridwork):
    code, said = gridwork("handover", "plan", "exit", "--staff", "ANA", "--on", TODAY, "--reason", "moves away")
    assert code == 0, said
    assert "Handover 1: exit of ANA, grid G11, from 2026-10-12: planned" in said
    assert "2 customers; orders: 0 moved, 0 later, 0 stay, 0 do not fit and go to the pool" in said
    assert "Ana (ANA), not in the grid then" in said
    assert gridwork("handover", "confirm", 1)[0] == 0
    code, said = gridwork("handover", "apply")
    assert (code, "applied" in said) == (0, True)
    assert "exit" in gridwork("handover", "list")[1]
    assert ": applied" in gridwork("handover", "show", 1)[1]
    code, said = gridwork("handover", "cancel", 1)
    assert (code, said.strip()) == (1, "gridwork: The handover is applied: expected planned or confirmed.")
    assert "Bo (BO), grid G11; since 2026-10-12, to this day" in gridwork("owner", "C01")[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["plan", "holiday", "--on", TODAY, "--reason", "x"], "kind: expected one of leave, exit,"),
        (["plan", "exit", "--on", TODAY, "--reason", "x"], "staff_no: expected a staff number for exit"),
        (["show", 99], "There is no such handover"),
    ],
)
def test_what_is_wrong_is_one_line(gridwork, words, said):
    code, printed = gridwork("handover", *words)
    assert code != 0
    assert said in printed
    assert len(printed.strip().splitlines()) == 1
