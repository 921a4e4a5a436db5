"""A word of the grid manager is on the phone until the manager has seen it."""

from playwright.sync_api import expect

SEND = "/dashboard/v1/messages"


def test_a_word_of_the_grid_manager_is_shown_until_it_was_seen(page, as_person):
    chen = as_person("chen")
    assert chen.post(SEND, json={"staff_nos": ["ANA"], "body": "先做到期的三张"}).status_code == 201
    page.reload()
    message = page.get_by_role("region", name="Chen留言")
    expect(message).to_contain_text("先做到期的三张")
    message.get_by_role("button", name="知道了").click()
    expect(message).to_have_count(0)
    (sent,) = chen.get(SEND).json()["items"]
    assert sent["seen_at"] is not None
