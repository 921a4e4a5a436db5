"""The tables that a phone draws its screen of results from."""

from app.feedback.outcomes import OUTCOMES

URL = "/mobile/v1/outcomes"


def test_a_phone_gets_every_outcome_with_its_words_and_what_it_needs(client_as):
    answer = client_as("ana").get(URL)
    table = {row["code"]: row for row in answer.json()}
    assert list(table) == list(OUTCOMES)
    refused = table["refused"]
    assert (refused["zh"], refused["reached"], refused["success_claim"], refused["ends"]) == ("拒绝", True, False, True)
    assert refused["needs"] == ["objection"]
    assert {"code", "zh", "en", "answer_zh", "answer_en"} == set(refused["objections"][0])
    assert table["not_home"]["channels"] == ["visit"]
    assert table["not_reached"]["objections"] == []
    assert [code for code, row in table.items() if row["success_claim"]] == ["bought"]


def test_who_holds_the_table_is_not_sent_it_again(client_as):
    phone = client_as("ana")
    etag = phone.get(URL).headers["ETag"]
    again = phone.get(URL, headers={"If-None-Match": f'"old", W/{etag}'})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)
    assert phone.get(URL, headers={"If-None-Match": '"old"'}).status_code == 200


def test_a_phone_gets_the_fields_that_may_be_corrected(client_as):
    fields = client_as("ana").get("/mobile/v1/correctable-fields").json()
    assert {"code": "address", "zh": "地址", "en": "address"} in fields
    assert client_as("chen").get("/mobile/v1/correctable-fields").status_code == 403
    assert client_as(None).get(URL).status_code == 401
