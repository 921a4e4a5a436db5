"""The OpenAPI document, from which clients are generated."""

from app.api.router import openapi_document


def references(part):
    """Every `$ref` below this part of the document."""
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return {found for one in inner for found in references(one)} | (
        {part["$ref"]} if isinstance(part, dict) and isinstance(part.get("$ref"), str) else set()
    )


def leads_somewhere(document, reference):
    for step in reference.removeprefix("#/").split("/"):
        document = document.get(step.replace("~1", "/"), {})
    return bool(document)


def test_what_it_refers_to_is_in_it():
    document = openapi_document()
    found = references(document)
    assert len(found) > 50
    assert [one for one in sorted(found) if not leads_somewhere(document, one)] == []


def test_it_says_what_a_report_holds():
    body = openapi_document()["paths"]["/mobile/v1/feedback"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    item = body["properties"]["items"]["items"]
    assert {"id", "work_order_id", "outcome", "started_at"} <= set(item["required"])
    assert "operator" in str(item["properties"]["competitor"])
