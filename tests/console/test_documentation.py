"""The documentation of the API, as its reader has it: from this server alone, with bodies that can be sent as they are."""

import json

from playwright.sync_api import expect


def test_a_route_is_opened_and_its_example_stands_ready_to_be_sent(desk, service):
    page = desk()
    elsewhere = []
    page.on("request", lambda asked: None if asked.url.startswith((service, "data:")) else elsewhere.append(asked.url))
    page.goto(f"{service}/docs")
    route = page.locator(".opblock").filter(has=page.get_by_text("/mobile/v1/feedback", exact=True))  # on the first screen
    route.locator(".opblock-summary").click()
    route.get_by_role("button", name="Try it out").click()
    expect(route.locator("textarea").first).to_be_visible()
    (item,) = json.loads(route.locator("textarea").first.input_value())["items"]
    assert (item["channel"], item["outcome"], item["reached"]) == ("call", "interested", True)
    assert elsewhere == []
