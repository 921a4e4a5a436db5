"""Every operation of the OpenAPI document with hostile parameters and bodies: a problem that says what is wrong, never a 500."""

import json
import re

import pytest

from app.api.chinese.saying import CODES
from tests.wrong_words import wrong_words

HOSTILE = [
    "%00",
    "%ED%A0%80",
    "..%2F..%2Fetc%2Fpasswd",
    "-1",
    "0",
    "99999999999999999999999999",
    "1e400",
    "NaN",
    "1970-01",
    "2099-12",
    "2026-13",
    "' OR 1=1 --",
    "%F0%9F%92%A9",
    "a" * 600,
]
BODIES = [
    b"",
    b"null",
    b"[]",
    b'"text"',
    b"{",
    b"\xff\xfe",
    b"[" * 3_000,
    b'{"a": NaN}',
    b'{"a": 1e400}',
    b'{"a": "\\u0000"}',
    b'{"a": "\\ud800"}',
]
WRONG_VALUES = [None, True, -1, 10**30, 1e308, "", "\x00", "\ud800", "9" * 300, [], {}, "1970-01-01", "2099-12-31", "NaN"]
CHINESE = re.compile("[\u4e00-\u9fff]")
STREAMS = {"/dashboard/v1/events"}  # goes on for as long as somebody listens, which this client does to the end
CASTS = {"mobile": "ana", "payroll": "payroll", "operations": "ada", "dashboard": "ada", "auth": "ada"}


@pytest.fixture
def operations(api):
    """(method, path template, operation, login) of every operation but logging out."""
    document = api.openapi()
    return [
        (method, path, operation, CASTS[path.split("/")[1]])
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if path not in STREAMS
    ], document["components"]["schemas"]


def is_fine(answer):
    """Not our fault, and a problem where it is an error, of fields in words that phone and console have."""
    if answer.status_code < 400 or (answer.request.method == "HEAD" and answer.status_code < 500):  # which has no body
        return True
    body = answer.json()
    return (
        answer.status_code < 500
        and answer.headers["content-type"] == "application/problem+json"
        and body["status"] == answer.status_code
        and {one.get("type", "missing") for one in body.get("errors", [])} <= wrong_words().keys()
        and is_said_in_chinese(body)
        and "Traceback" not in answer.text
        and "sqlalchemy" not in answer.text.lower()
    )


def is_said_in_chinese(body):
    """A sentence, and of every field that our own code refused what was expected of it, which is more than that it is wrong."""
    said = [body["detail_zh"], *(one["expected_zh"] for one in body.get("errors", []) if "type" not in one)]
    return all(CHINESE.search(one) and one != CODES["invalid"] for one in said)


def filled(path, value):
    """The path with `value` in every place of a parameter."""
    parts = [value if part.startswith("{") else part for part in path.split("/")]
    return "/".join(parts)


def test_hostile_paths_and_parameters_are_problems(operations, client_as):
    found, _ = operations
    clients = {login: client_as(login) for login in set(CASTS.values())}
    wrong = []
    for method, path, operation, login in found:
        names = [parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "query"]
        for value in HOSTILE:
            query = "&".join(f"{name}={value}" for name in names)
            url = filled(path, value) + (f"?{query}" if query else "")
            answer = clients[login].request(method.upper(), url)
            if not is_fine(answer):
                wrong.append((method, url[:120], answer.status_code, answer.text[:200]))
    assert wrong == []


def test_hostile_bodies_are_problems(operations, client_as):
    found, _ = operations
    clients = {login: client_as(login) for login in set(CASTS.values())}
    wrong = []
    for method, path, operation, login in found:
        if "requestBody" not in operation:
            continue
        for body in BODIES:
            headers = {"content-type": next(iter(operation["requestBody"]["content"]))}
            answer = clients[login].request(method.upper(), filled(path, "1"), content=body, headers=headers)
            if answer.status_code < 400 or not is_fine(answer):
                wrong.append((method, path, body[:20], answer.status_code, answer.text[:200]))
    assert wrong == []


def test_a_wrong_value_in_any_field_of_a_body_is_a_problem(operations, client_as):
    found, schemas = operations
    clients = {login: client_as(login) for login in set(CASTS.values())}
    wrong, tried = [], 0
    for method, path, operation, login in found:
        schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        schema = schemas[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema
        for name in schema.get("properties", {}):
            for value in WRONG_VALUES:
                body = json.dumps(dict.fromkeys(schema.get("required", []), "x") | {name: value})
                headers = {"content-type": "application/json"}
                answer = clients[login].request(method.upper(), filled(path, "1"), content=body, headers=headers)
                tried += 1
                if not is_fine(answer):
                    wrong.append((method, path, name, value, answer.status_code, answer.text[:200]))
    assert wrong == []
    assert tried > 300
