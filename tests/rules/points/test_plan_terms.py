"""What a planner may write into a points plan."""

from decimal import Decimal

import pytest

from app.core.errors import Invalid
from app.points.plans.terms import read_terms

SUCCESS = {"component": "success", "weight": "20", "floor": "0.8", "target": "1.3", "cap": "1.2", "fallback": "0.5"}
EXISTING = {"component": "existing_scheme", "weight": 80, "floor": 0, "target": 100, "cap": 1, "fallback": 0}
WRITTEN = {
    "code": "default",
    "effective_from": "2027-01",
    "pays": "success_index",
    "index_prior": "5",
    "minimum_matured": 10,
    "minimum_judged": 5,
    "components": [SUCCESS, EXISTING],
}


def test_a_plan_is_read_with_exact_numbers():
    terms = read_terms(WRITTEN)
    assert [rule.weight for rule in terms.plan.components] == [20, 80]
    assert terms.plan.rule_of("success").target == Decimal("1.3")
    assert (terms.unit_code, terms.effective_from, terms.effective_to, terms.note) == (None, "2027-01", None, "")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"code": "a b"}, "code: expected 1 to 64 letters"),
        ({"pays": "profit"}, "pays: expected one of success_rate, success_index"),
        ({"index_prior": "-1"}, "index_prior: expected an exact number from 0"),
        ({"index_prior": 0.5}, "index_prior: expected an exact number"),
        ({"index_prior": "NaN"}, "index_prior: expected an exact number"),
        ({"minimum_matured": True}, "minimum_matured: expected a whole number"),
        ({"minimum_judged": 0}, "minimum_judged: expected a whole number"),
        ({"components": []}, "components: expected a list of 1 to 3"),
        ({"components": [SUCCESS, SUCCESS]}, "components: expected each component once"),
        ({"components": [SUCCESS | {"target": "0.7"}]}, "components[0].target: expected an exact number from 0.8"),
        ({"components": [SUCCESS | {"fallback": "1.3"}]}, "components[0].fallback: expected an exact number from 0 to 1.2"),
        ({"components": [SUCCESS | {"weight": "0"}]}, "components[0].weight: expected an exact number from 0.0001"),
        ({"components": [SUCCESS | {"weight": "1.00001"}]}, "components[0].weight: expected an exact number"),
        ({"components": [SUCCESS | {"bonus": 1}]}, "components[0].bonus: expected no field of this name"),
        ({"components": [{"component": "success"}]}, "components[0].cap: expected to be there"),
        ({"components": ["success"]}, "components[0]: expected an object"),
        ({"components": [SUCCESS | {"component": "growth"}]}, "components[0].component: expected one of success"),
        ({"pays": "success_rate"}, "components[0].target: expected an exact number from 0.8 to 1"),
        ({"note": "a\x00b"}, "note: expected a text"),
        ({"wages": 1}, "wages: expected no field of this name"),
    ],
)
def test_what_is_wrong_is_named_with_what_was_expected(change, said):
    with pytest.raises(Invalid) as found:
        read_terms(WRITTEN | change)
    assert str(found.value.detail).startswith(said)


def test_what_is_no_plan_at_all_is_refused():
    for written in (None, [], "plan", {}):
        with pytest.raises(Invalid):
            read_terms(written)
