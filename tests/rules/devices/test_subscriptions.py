"""A subscription is checked before it is kept: nobody is pushed to who could not read it, or where nothing may be sent."""

from base64 import urlsafe_b64encode

import pytest

from app.core.errors import Invalid
from app.devices.subscriptions import read_subscription
from tests.browsers import Browser


def given(**overrides):
    return Browser("https://push.example/send/1").subscription() | overrides


def keys(**overrides):
    return given()["keys"] | overrides


def base64(content):
    return urlsafe_b64encode(content).decode()


def test_a_browsers_subscription_is_read_with_and_without_padding():
    browser = Browser("https://push.example/send/1")
    found = read_subscription(browser.subscription(), loopback=False)
    assert (found.endpoint, len(found.p256dh), len(found.auth)) == ("https://push.example/send/1", 65, 16)
    padded = browser.subscription()
    padded["keys"]["auth"] += "=="
    assert read_subscription(padded, loopback=False) == found
    assert read_subscription(None, loopback=False) is None


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("url", {"endpoint": "http://push.example/"}),
        ("url", {"endpoint": "https://10.0.0.1/"}),
        ("url", {"endpoint": "https://127.0.0.1/"}),
        ("url", {"endpoint": "https://[::ffff:169.254.169.254]/"}),
        ("url", {"endpoint": "file:///etc/passwd"}),
        ("p256dh", {"keys": keys(p256dh=base64(b"\x04" + b"\x01" * 64))}),
        ("p256dh", {"keys": keys(p256dh=base64(b"\x00"))}),
        ("p256dh", {"keys": keys(p256dh="not base64!")}),
        ("p256dh", {"keys": keys(p256dh="")}),
        ("auth", {"keys": keys(auth=base64(b"short"))}),
        ("auth", {"keys": keys(auth="a")}),
        ("auth", {"keys": keys(auth="密钥")}),
    ],
)
def test_what_is_wrong_with_a_subscription_is_named(field, wrong):
    with pytest.raises(Invalid) as refused:
        read_subscription(given(**wrong), loopback=False)
    assert refused.value.field.endswith(field)
