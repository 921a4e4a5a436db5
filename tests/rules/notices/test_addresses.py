import pytest

from app.notices.addresses import WrongAddress, check_url, refused_because

NEVER = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:10.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "localhost",
    "",
    "1.2.3",
]


@pytest.mark.parametrize("address", NEVER)
def test_an_inner_address_is_never_called(address):
    assert refused_because(address) is not None


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "::ffff:93.184.216.34", "2606:4700::1111", "2400:3200::1"])
def test_a_public_address_is_called(address):
    assert refused_because(address) is None


def test_the_setting_for_tests_opens_this_machine_and_nothing_else():
    loopback = {address for address in NEVER if refused_because(address, loopback=True) is None}
    assert loopback == {"127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1"}


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com/hook",
        "http://example.com/hook",
        "ftp://example.com/",
        "file:///etc/passwd",
        "https://",
        "https:///hook",
        "https://user:word@example.com/",
        "https://user@example.com/",
        "https://example.com:99999/",
        "https://example.com:0/",
        "https://example.com/#part",
        "https://exämple.com/",
        "https://example.com/a b",
        "https://example.com/\n",
        "https://example.com\\@10.0.0.1/",
        "https://[::1/",
        "https://" + "a" * 500 + ".com/",
        "https://10.0.0.1/hook",
        "https://127.0.0.1/hook",
        "https://[::ffff:10.0.0.1]/hook",
        "https://169.254.169.254/latest/meta-data",
    ],
)
def test_a_wrong_address_is_refused_when_it_is_given(url):
    with pytest.raises(WrongAddress, match="url: expected"):
        check_url(url, loopback=False)


@pytest.mark.parametrize("url", ["https://example.com", "https://example.com:8443/a/b?c=d", "https://93.184.216.34/hook"])
def test_https_to_a_name_or_a_public_address_is_taken(url):
    check_url(url, loopback=False)


def test_http_is_for_the_setting_alone():
    check_url("http://127.0.0.1:8080/hook", loopback=True)
    with pytest.raises(WrongAddress):
        check_url("http://127.0.0.1:8080/hook", loopback=False)
