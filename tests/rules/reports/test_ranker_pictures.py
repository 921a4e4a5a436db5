"""Pictures: the same figures give the same bytes, labels in any script, and nothing that could run."""

import threading

import pytest

from app.reports.ranker_pictures import bars_picture, lift_picture, qini_picture, reliability_picture

LIFT = [{"share": share / 10, "lift": 3 - share / 5} for share in range(1, 11)]
HOSTILE = "<script>alert('é')</script> & 月费"


def test_the_same_figures_give_the_same_bytes_even_when_drawn_at_once():
    expected = lift_picture({"this": LIFT})
    found = []
    threads = [threading.Thread(target=lambda: found.append(lift_picture({"this": LIFT}))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4
    assert "<dc:date>" not in expected


@pytest.mark.parametrize(
    "picture",
    [
        lift_picture({HOSTILE: LIFT}),
        reliability_picture({HOSTILE: [{"score": 0.1, "rate": 0.2}]}),
        qini_picture({HOSTILE: [(0.0, 0.0), (1.0, 4.0)]}),
        bars_picture([(HOSTILE, 1.0)], of=HOSTILE, limits={HOSTILE: 0.5}, alarming=[True]),
    ],
    ids=["lift", "reliability", "qini", "bars"],
)
def test_a_label_is_text_whatever_it_says(picture):
    assert "<script" not in picture
    assert "&lt;script&gt;" in picture
    assert "@" not in picture.partition("<g")[2].replace("@import", "")


@pytest.mark.parametrize(
    "picture", [lift_picture({"this": []}), reliability_picture({}), qini_picture({}), bars_picture([], of="x")]
)
def test_without_figures_there_are_axes(picture):
    assert picture.rstrip().endswith("</svg>")
