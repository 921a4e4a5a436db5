"""The phone app's files: strict headers, packed as the phone can unpack, kept for ever where their name changes with them."""

import gzip
import re
from html.parser import HTMLParser

import pytest
from fastapi.testclient import TestClient

from app.web.files import read_pages


@pytest.fixture
def browser(api, built):
    client = TestClient(api, raise_server_exceptions=False)
    client.follow_redirects = False
    client.headers["Accept-Encoding"] = "identity"
    return client


class Page(HTMLParser):
    """What a page refers to, and what of it is script or style in the page itself."""

    def __init__(self, text):
        super().__init__()
        self.addresses, self.inline, self.open = [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.addresses += [found[name] for name in ("src", "href") if name in found]
        self.inline += [name for name in found if name == "style" or name.startswith("on")]
        self.open = tag

    def handle_data(self, data):
        if self.open in {"script", "style"} and data.strip():
            self.inline.append(data)

    def handle_endtag(self, tag):
        self.open = None


def policy_of(answer):
    directives = (part.split() for part in answer.headers["content-security-policy"].split("; "))
    return {name: sources for name, *sources in directives}


def test_the_page_may_run_and_reach_nothing_but_its_own_origin(browser):
    answer = browser.get("/phone/")
    policy = policy_of(answer)
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == policy["worker-src"] == ["'self'"]
    assert policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
    assert {source for sources in policy.values() for source in sources} == {"'none'", "'self'", "blob:"}
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "microphone=()" in answer.headers["permissions-policy"]


def test_the_page_has_no_script_or_style_in_it_and_names_no_other_place(browser):
    page = Page(browser.get("/phone/").text)
    assert page.inline == []
    assert len(page.addresses) > 3
    assert all(address.startswith(("/assets/", "/phone/")) for address in page.addresses)
    assert {browser.get(address).status_code for address in page.addresses} == {200}


def test_what_has_its_hash_in_its_name_is_kept_for_ever_and_everything_else_is_asked_for(browser):
    page = Page(browser.get("/phone/").text)
    kept = {address: browser.get(address).headers["cache-control"] for address in page.addresses}
    for address, said in kept.items():
        assert said == ("public, max-age=31536000, immutable" if address.startswith("/assets/") else "no-cache")
    for path in ("/phone/", "/phone/worker.js", "/phone/manifest.webmanifest"):
        first = browser.get(path)
        assert first.headers["cache-control"] == "no-cache"
        again = browser.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_files_come_packed_to_whom_can_unpack_them(browser):
    plain = browser.get("/phone/").content
    packed = browser.get("/phone/", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain
    assert int(packed.headers["content-length"]) < len(plain)
    assert browser.get("/phone/", headers={"Accept-Encoding": "br, gzip"}).headers["content-encoding"] == "br"
    assert "content-encoding" not in browser.get("/phone/", headers={"Accept-Encoding": "zstd"}).headers
    assert packed.headers["vary"] == "Accept-Encoding"


def test_the_manifest_makes_the_app_installable(browser):
    answer = browser.get("/phone/manifest.webmanifest")
    assert answer.headers["content-type"].startswith("application/manifest+json")
    manifest = answer.json()
    assert manifest["scope"] == manifest["start_url"] == "/phone/"
    assert manifest["display"] == "standalone"
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in manifest["icons"]}
    assert {browser.get(icon["src"]).headers["content-type"] for icon in manifest["icons"]} == {"image/png"}


def test_the_service_worker_is_a_script_below_which_the_whole_app_lies(browser):
    worker = browser.get("/phone/worker.js")
    assert worker.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "import" not in re.findall(r"\bimport\b", worker.text)
    for address in Page(browser.get("/phone/").text).addresses:
        assert f'"{address}"' in worker.text or f"`{address}`" in worker.text


@pytest.mark.parametrize(
    ("page", "packages"),
    [("phone", ("dexie", "svelte")), ("console", ("echarts", "earcut", "maplibre-gl", "pbf", "svelte", "zrender"))],
)
def test_the_licences_of_what_is_built_in_lie_beside_the_page(browser, page, packages):
    answer = browser.get(f"/{page}/licences.txt")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    said = dict(re.findall(r"={80}\n\n(\S+) [^\n]*\n\n={80}\n\n(.*?)(?=={80}|\Z)", answer.text, re.DOTALL))
    assert [name for name in packages if "opyright" not in said[name]] == []
    assert [name for name, text in said.items() if not text.strip()] == []


def test_the_address_without_its_slash_leads_to_the_app(browser):
    answer = browser.get("/phone")
    assert (answer.status_code, answer.headers["location"]) == (308, "/phone/")


@pytest.mark.parametrize(
    "path", ["/phone/none.js", "/assets/none.js", "/phone/%2e%2e/files.py", "/assets/..%2f..%2f__init__.py", "/phone/%00"]
)
def test_what_was_not_built_is_not_there(browser, path):
    answer = browser.get(path)
    assert answer.status_code == 404
    assert answer.json()["code"] in {"page.unknown", "not_found"}


def test_only_the_folder_of_the_build_is_read(tmp_path):
    (tmp_path / "secret.txt").write_text("no")
    (tmp_path / "dist" / "phone").mkdir(parents=True)
    (tmp_path / "dist" / "phone" / "a.js").write_text("1")
    (tmp_path / "dist" / "phone" / "a.js.gz").write_bytes(gzip.compress(b"1"))
    assert set(read_pages(tmp_path / "dist")) == {"phone/a.js"}


def test_where_nothing_was_built_it_says_what_to_do(api):
    api.state.pages = {}
    answer = TestClient(api).get("/phone/")
    assert (answer.status_code, answer.json()["code"]) == (404, "page.not_built")
    assert "make app" in answer.json()["detail"]
