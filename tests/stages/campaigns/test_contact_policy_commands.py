"""`gridwork contact-policy`, as a planner types it."""

import json

POLICY = {"rules": [{"kind": "sliding_window", "most": 1, "days": 7}]}


def test_a_policy_is_shown_set_by_two_persons_and_kept_in_its_history(gridwork, tmp_path):
    code, said = gridwork("contact-policy", "show")
    assert (code, "What is built in:" in said, "At most 2 contacts in any 30 days" in said, "最多接触2次" in said) == (
        0,
        *[True] * 3,
    )
    (tmp_path / "policy.json").write_text(json.dumps(POLICY), encoding="utf-8")
    assert gridwork("contact-policy", "set", "policy.json", "--author", "Pia", "--note", "calmer")[0] == 0
    assert "Version 1, proposed by Pia for 2026-10-12, waits for approval:" in gridwork("contact-policy", "show")[1]
    assert gridwork("contact-policy", "approve", "1", "--approver", "pia") == (
        1,
        "gridwork: Who proposes a contact policy does not approve it.\n",
    )
    assert gridwork("contact-policy", "approve", "1", "--approver", "Ada")[0] == 0
    assert "Version 1, from 2026-10-12, by Pia and Ada:" in gridwork("contact-policy", "show")[1]
    assert gridwork("contact-policy", "set", "policy.json", "--author", "A", "--approver", "B", "--from", "2026-11-01")[0] == 0
    code, said = gridwork("contact-policy", "history")
    assert (code, "calmer" in said, "2026-11-01" in said) == (0, True, True)
    code, said = gridwork("contact-policy", "show", "--json")
    assert json.loads(said)["rules"][0]["days"] == 7


def test_what_is_wrong_is_said_in_one_line(gridwork, tmp_path):
    (tmp_path / "policy.json").write_text('{"rules": [{"kind": "other"}]}', encoding="utf-8")
    asked = ("contact-policy", "set", "policy.json", "--author", "Pia")
    code, said = gridwork(*asked)
    assert (code, said.startswith("gridwork: rules[0].kind: expected one of sliding_window")) == (1, True)
    assert gridwork("contact-policy", "set", "none.json", "--author", "Pia") == (1, "gridwork: there is no file none.json\n")
    (tmp_path / "policy.json").write_text(json.dumps(POLICY), encoding="utf-8")
    assert gridwork(*asked, "--from", "soon") == (1, "gridwork: --from: expected a day as YYYY-MM-DD\n")
    assert gridwork(*asked, "--approver", "PIA")[0] == 1
