"""`gridwork create-campaign` and its kin, as a planner types them."""

from decimal import Decimal

import pytest

from app.campaigns.queries import get_campaign
from app.core.db import set_scope
from tests.factories import customer, make_scores

CREATE = ("create-campaign", "AUTUMN", "--product", "FTTH1", "--from", "2026-10-12", "--to", "2026-10-21")
APPROVED = (("submit", "--by", "pia"), ("approve", "--by", "ada"))


@pytest.fixture(autouse=True)
def ranked(company):
    """Customers are ranked."""
    make_scores(company, [f"C{number:02d}" for number in range(1, 16)])
    company.commit()


def test_a_campaign_from_its_draft_to_its_end(gridwork):
    assert gridwork(*CREATE, "--list-size", 8, "--control-share", 0)[0] == 0
    for words in (*APPROVED, ("schedule",), ("run-campaign",), ("dispatch",)):
        assert gridwork(words[0], "AUTUMN", *words[1:])[0] == 0, words
    code, said = gridwork("campaigns")
    assert code == 0
    assert all(word in said for word in ("AUTUMN", "running", "dispatched"))
    code, said = gridwork("explain", "C01")
    assert code == 0
    assert "With Ana (ANA), because the customer is this manager's own." in said
    code, said = gridwork("explain", "C15", "--campaign", "AUTUMN")
    assert "Not on the list of AUTUMN, which was full at rank 8." in said
    assert gridwork("close-campaign", "AUTUMN")[0] == 0
    code, said = gridwork("campaign-events", "AUTUMN")
    assert code == 0
    assert all(word in said for word in ("create", "approve", "ada", "close", "the system"))


def test_a_preview_is_printed(gridwork):
    gridwork(*CREATE, "--list-size", 8, "--control-share", 0)
    code, said = gridwork("preview", "AUTUMN")
    assert code == 0
    assert all(word in said for word in ("dispatched", "successes", "return on cost", "G11", "first day")), said


def test_what_becomes_of_unfinished_work_and_how_a_pilot_stands_are_said(gridwork, tmp_path):
    plan = tmp_path / "plan.json"
    plan.write_text('{"pilot": {"share": 0.2, "minimum_contacts": 7, "maximum_refusal_share": 0.1}}')
    flags = ("--unfinished-rule", "pool", "--most-rolls", 2, "--plan", plan)
    assert gridwork(*CREATE, "--list-size", 8, *flags)[0] == 0
    said = gridwork("show-plan", "AUTUMN")[1]
    assert '"unfinished_rule": "pool"' in said
    assert '"most_rolls": 2' in said
    code, said = gridwork("pilot", "AUTUMN")
    assert code == 0
    assert all(word in said for word in ("minimum contacts", "7", "too little is known"))


def test_a_plan_is_shown_changed_by_a_file_and_compared(gridwork, tmp_path):
    plan = tmp_path / "plan.json"
    plan.write_text('{"budget": 500, "strategy": "慢慢来"}', encoding="utf-8")
    assert gridwork(*CREATE, "--list-size", 8, "--by", "pia", "--plan", plan)[0] == 0
    code, said = gridwork("show-plan", "AUTUMN")
    assert code == 0
    assert '"budget": "500"' in said
    assert "慢慢来" in said
    plan.write_text('{"list_size": 9, "list_rule": {"segment": "home"}}')
    assert gridwork("change-campaign", "AUTUMN", plan, "--by", "pia", "--comment", "More.")[0] == 0
    code, said = gridwork("diff", "AUTUMN")
    assert (code, "list_size" in said, '{"segment": "home"}' in said) == (0, True, True), said


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("[]", "one JSON object"),
        ("{", "a file of JSON"),
        ('{"budget": NaN}', "a file of JSON"),
        ('{"colour": 1}', "colour"),
        ('{"code": "B"}', "code"),
        ('{"pilot": {"share": 5}}', "pilot.share"),
        ("[" * 100_000, "a file of JSON"),
        (b"\xff", "a file of JSON"),
        (None, "there is no file"),
    ],
)
def test_a_plan_file_that_says_something_else_is_refused_by_name(gridwork, tmp_path, content, named):
    gridwork(*CREATE, "--list-size", 8)
    plan = tmp_path / "plan.json"
    if content is not None:
        plan.write_bytes(content if isinstance(content, bytes) else content.encode())
    code, said = gridwork("change-campaign", "AUTUMN", plan)
    assert (code, named in said, len(said.splitlines())) == (1, True, 1), said


def test_a_campaign_is_sent_back_and_revised_with_a_reason(gridwork):
    gridwork(*CREATE, "--list-size", 8, "--by", "pia")
    gridwork("submit", "AUTUMN", "--by", "pia")
    assert gridwork("send-back", "AUTUMN", "--by", "ada", "--comment", "Too many.")[0] == 0
    for words in APPROVED:
        assert gridwork(words[0], "AUTUMN", *words[1:])[0] == 0, words
    code, said = gridwork("revise", "AUTUMN", "--by", "pia", "--comment", "Fewer.")
    assert (code, "draft" in said) == (0, True)


def test_a_list_by_tags_leaves_the_share_that_the_company_holds_out(gridwork, company, monkeypatch):
    set_scope(company, scope="all")
    customer(company, "C02").tags = ["vip"]
    customer(company, "C03").tags = ["vip", "tired"]
    company.commit()
    monkeypatch.setenv("GRIDWORK_HOLDOUT_SHARE", "0.15")
    tags = ("--tag", "vip", "--without-tag", "tired")
    assert gridwork(*CREATE, "--list-size", 8, "--control-share", 0, *tags)[0] == 0
    for words in APPROVED:
        gridwork(words[0], "AUTUMN", *words[1:])
    code, said = gridwork("schedule", "AUTUMN")
    assert (code, "undecided │ 1" in said) == (0, True), said
    set_scope(company, scope="all")
    campaign = get_campaign(company, "AUTUMN")
    assert (campaign.required_tags, campaign.excluded_tags) == (["vip"], ["tired"])
    assert campaign.holdout_share == Decimal("0.15")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ((*CREATE,), "list_size"),
        ((*CREATE, "--list-size", 0), "list_size"),
        ((*CREATE, "--minimum-score", "nan"), "minimum_score"),
        ((*CREATE, "--minimum-score", "1e400"), "minimum_score"),
        ((*CREATE, "--list-size", 5, "--control-share", "much"), "--control-share"),
        ((*CREATE, "--list-size", 5, "--exploration-share", "NaN"), "exploration_share"),
        ((*CREATE, "--list-size", 5, "--name", "\udcff"), "not text"),
        ((*CREATE, "--list-size", 5, "--to", "2099-01-01"), "ends_on"),
        ((*CREATE, "--list-size", 5, "--to", "tomorrow"), "--to"),
        ((*CREATE, "--list-size", 5, "--product", "NONE"), "product_code"),
        ((*CREATE, "--list-size", 5, "--tag", "vip"), "required_tags"),
        ((*CREATE, "--list-size", 5, "--without-tag", ""), "excluded_tags"),
        (("schedule", "NONE"), "there is no campaign NONE"),
        (("submit", "NONE", "--by", "pia"), "there is no campaign NONE"),
        (("submit", "NONE", "--by", "nobody"), "the login of somebody who may act today"),
        (("approve", "NONE", "--by", "pia"), "there is no campaign NONE"),
        (("campaign-events", "NONE"), "there is no campaign NONE"),
        (("show-plan", "NONE"), "there is no campaign NONE"),
        (("preview", "NONE"), "there is no campaign NONE"),
        (("diff", "NONE"), "there is no campaign NONE"),
        (("evaluate-campaign", "NONE"), "there is no campaign NONE"),
        (("dispatch", "a\udcff"), "not text"),
        (("explain", "NOBODY"), "customer"),
        (("explain", "\udcff"), "not text"),
        (("explain", "C01", "--campaign", "NONE"), "there is no campaign NONE"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(gridwork, words, named):
    code, said = gridwork(*words)
    assert code == 1
    assert named in said
    assert len(said.splitlines()) == 1
