"""What lies in a phone's IndexedDB, as somebody sees it who has the phone and reads past the app."""

from typing import Any

_OPEN = """const db = await new Promise((done, fail) => {
    const asked = indexedDB.open("gridwork-phone");
    asked.onsuccess = () => done(asked.result); asked.onerror = () => fail(asked.error);
});
const finished = (request) => new Promise((done, fail) => {
    request.onsuccess = () => done(request.result); request.onerror = () => fail(request.error);
});"""

_DUMP = f"""async () => {{ {_OPEN}
    const bytes = (buffer) => Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
    const plain = (value) =>
        value instanceof ArrayBuffer ? bytes(value) : ArrayBuffer.isView(value) ? bytes(value.buffer)
        : value instanceof CryptoKey ? {{ extractable: value.extractable, type: value.type }}
        : Array.isArray(value) ? value.map(plain)
        : value && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v)])) : value;
    const found = {{}};
    for (const name of db.objectStoreNames) found[name] = plain(await finished(db.transaction(name).objectStore(name).getAll()));
    db.close();
    return found;
}}"""

_PUT = f"""async ([store, row]) => {{ {_OPEN}
    await finished(db.transaction(store, "readwrite").objectStore(store).put(row)); db.close(); }}"""

_DELETE = f"""async ([store, key]) => {{ {_OPEN}
    await finished(db.transaction(store, "readwrite").objectStore(store).delete(key)); db.close(); }}"""


def dump(page: Any) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table; bytes as text of as many characters."""
    found: dict[str, list[dict[str, Any]]] = page.evaluate(_DUMP)
    return found


def put(page: Any, store: str, row: dict[str, Any]) -> None:
    """Write a row past the app."""
    page.evaluate(_PUT, [store, row])


def delete(page: Any, store: str, key: Any) -> None:
    """Take a row away behind the app's back."""
    page.evaluate(_DELETE, [store, key])
