"""Cursors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Invalid
from app.core.paging import MAX_PAGE_SIZE, WrongCursor, clamp_page_size, read_cursor, write_cursor


@given(st.lists(st.one_of(st.integers(), st.text()), max_size=4))
def test_a_cursor_gives_back_its_position(position):
    assert read_cursor("s" * 32, "list", write_cursor("s" * 32, "list", position)) == position


def test_a_cursor_of_another_list_or_another_secret_is_refused():
    cursor = write_cursor("s" * 32, "orders of 1", [5])
    for secret, name in (("s" * 32, "orders of 2"), ("t" * 32, "orders of 1")):
        with pytest.raises(WrongCursor):
            read_cursor(secret, name, cursor)


@given(st.text(max_size=60))
def test_a_made_up_cursor_is_refused(text):
    with pytest.raises(WrongCursor):
        read_cursor("s" * 32, "list", text)


def test_every_altered_character_is_noticed():
    cursor = write_cursor("s" * 32, "list", [123456])
    for place in range(len(cursor) - 1):
        altered = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        with pytest.raises(WrongCursor):
            read_cursor("s" * 32, "list", altered)


def test_a_page_is_never_larger_than_the_largest():
    assert clamp_page_size(10**9) == MAX_PAGE_SIZE
    with pytest.raises(Invalid, match="limit"):
        clamp_page_size(0)
