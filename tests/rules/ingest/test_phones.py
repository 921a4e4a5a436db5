import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ingest.phones import normalise_phone


@pytest.mark.parametrize(
    ("written", "bare"),
    [
        ("13912345678", "13912345678"),
        ("１３９１２３４５６７８", "13912345678"),
        ("+86 139-1234-5678", "13912345678"),
        ("＋８６　139 1234 5678", "13912345678"),
        ("0086 13912345678", "13912345678"),
        ("8613912345678", "13912345678"),
        ("(+86)13912345678", "13912345678"),
        ("\u200b139\u200d1234\ufeff5678\u00a0", "13912345678"),
        ("013912345678", "13912345678"),
        ("022-12345678", "02212345678"),
        ("+86 (22) 1234 5678", "02212345678"),
        ("0315 1234567", "03151234567"),
        ("400-123-4567", "4001234567"),
        ("23456789", "23456789"),
    ],
)
def test_a_phone_number_becomes_bare_national_digits(written, bare):
    assert normalise_phone(written) == bare


@pytest.mark.parametrize("blank", [None, "", "  ", "\u200b", "-", "\ufeff\u3000"])
def test_nothing_and_noise_are_no_phone(blank):
    assert normalise_phone(blank) is None


@pytest.mark.parametrize("wrong", ["abc", "139", "139123456789012", "12345678901", "13912345678转123", "1e10", "٣٩١"])
def test_what_is_no_phone_number_is_refused(wrong):
    with pytest.raises(ValueError, match="expected a phone number"):
        normalise_phone(wrong)


@given(st.text(max_size=30) | st.text(alphabet="0123456789+８６- \u200b", max_size=20))
def test_normalising_twice_changes_nothing_more(text):
    try:
        once = normalise_phone(text)
    except ValueError:
        return
    assert normalise_phone(once) == once
