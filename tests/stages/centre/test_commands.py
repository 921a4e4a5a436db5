"""`gridwork tags` and its kin, as an analyst types them."""

import json

import pytest

from app.models.centre import FeatureWord, TalkTrack
from tests.factories import get, make_scores

HOME = [{"code": "home", "name_zh": "家庭", "name_en": "Home", "rule": {"segment": "home"}}]


def test_tags_are_loaded_defined_computed_written_and_retired(gridwork, tmp_path):
    assert gridwork("load-tags")[0] == 0
    (tmp_path / "tags.json").write_text(json.dumps(HOME), encoding="utf-8")
    assert gridwork("define-tag", "tags.json", "--owner", "Pia")[0] == 0
    code, said = gridwork("compute-tags")
    assert (code, "heavy-data" in said, "no customer has this feature any more" in said) == (0, True, True)
    code, said = gridwork("tags")
    assert code == 0
    assert all(word in said for word in ("home", "家庭", "Pia", "15", "high-value"))
    assert gridwork("tag-members", "home", "--out", "home.csv") == (0, "15 customers bear home: written to home.csv\n")
    assert (tmp_path / "home.csv").read_text("utf-8-sig").splitlines()[:2] == [
        "customer_no,grid_code,since",
        "C01,G11,2026-10-12",
    ]
    assert gridwork("retire-tag", "home")[0] == 0
    assert gridwork("tag-members", "home") == (1, "gridwork: code: there is no tag home\n")


def test_a_customer_is_shown_whole(gridwork, company):
    make_scores(company, ["C01"])
    company.commit()
    code, said = gridwork("customer", "C01")
    assert code == 0
    assert all(word in said for word in ("C01", "139****0001", "scores", "Monthly fee: 99 yuan (speaks for it)", "offers: none"))
    assert gridwork("customer", "X99") == (1, "gridwork: There is no customer with this number here.\n")


def test_the_metric_library_is_printed(gridwork):
    code, said = gridwork("metrics")
    assert (code, "目标客户营销成功率" in said, "app.points.formula:success_rate" in said) == (0, True, True)


def test_words_and_talk_tracks_come_from_files(gridwork, tmp_path, company):
    (tmp_path / "words.csv").write_bytes(
        "feature,name_zh,name_en,unit_zh,unit_en\nzzz,某指标,Some figure,次,\n".encode("gb18030")
    )
    (tmp_path / "lines.csv").write_text(
        "product_code,feature,text_zh,text_en\nTV1,,看电视,Watch\nTV1,zzz,多用,Use more\n", "utf-8-sig"
    )
    for _ in range(2):
        assert gridwork("describe-features", "words.csv")[0] == 0
        assert gridwork("import-talk-tracks", "lines.csv")[0] == 0
    word = get(company, FeatureWord, feature="zzz")
    assert (word.name_zh, word.unit_zh, word.unit_en) == ("某指标", "次", None)
    assert get(company, TalkTrack, feature=None).text_zh == "看电视"


@pytest.mark.parametrize(
    ("command", "content", "said"),
    [
        ("define-tag", "{", "file: expected JSON text"),
        ("define-tag", "[]", "file: expected a list of tags"),
        ("define-tag", "[1]", "file: expected a list of objects"),
        ("define-tag", '[{"code": "a"}]', "tag 1: name_zh: expected a value"),
        ("define-tag", json.dumps([HOME[0] | {"more": 1}]), "tag 1: more: expected one of"),
        ("define-tag", json.dumps([HOME[0] | {"code": "a b"}]), "tag 1: code: expected 1 to 64 letters"),
        ("define-tag", json.dumps([HOME[0] | {"rule": {"segment": 5}}]), "tag 1: rule.segment: expected a text"),
        ("describe-features", "feature,name_zh\n", "file: expected 1 to 10000 rows"),
        ("describe-features", "feature,name_zh\na,b\n", "file: expected the column name_en"),
        ("describe-features", "feature,name_zh,name_en\na,,b\n", "row 1: name_zh: expected a text of 1 to 200"),
        (
            "import-talk-tracks",
            "product_code,text_zh,text_en\nNONE,a,b\n",
            "product_code: expected the code of a product, got NONE",
        ),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(gridwork, tmp_path, command, content, said):
    (tmp_path / "file").write_text(content, encoding="utf-8")
    code, printed = gridwork(command, "file")
    assert code == 1
    assert printed.startswith(f"gridwork: {said}")
    assert printed.count("\n") == 1
