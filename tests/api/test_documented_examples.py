"""What /docs offers to try works: every body has an example, and none of them is refused as wrong."""

from datetime import date

import pytest

from app.core import clock
from app.models.campaign import Product, ProductKind
from app.models.organisation import Role, Staff
from tests.factories import NOW, customer, grid, make_campaign, make_work_order

PEOPLE = ("ana", "chen", "bea", "pia", "lin", "ada", "payroll")
NO_BODY_TO_TYPE = {"/operations/v1/imports/{feed}", "/auth/token", "/mobile/v1/attachments/{attachment_id}"}
OTHERS_ROUTE = {"role.wrong"}  # before the body is looked at
A_PERSONS_OWN = {"/auth/refresh", "/auth/logout"}  # tokens that nobody can write down


def resolved(document, schema):
    """The schema itself, where this one refers to it."""
    while "$ref" in schema:
        found = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        schema = found
    return schema


def example_of(document, content):
    """As the documentation page shows it: the route's own, its model's, or put together from its fields."""
    if "example" in content:
        return content["example"]
    schema = resolved(document, content["schema"])
    if schema.get("examples"):
        return schema["examples"][0]
    fields = {name: resolved(document, field) | field for name, field in schema.get("properties", {}).items()}
    found = {name: field["examples"][0] for name, field in fields.items() if field.get("examples")}
    missing = set(schema.get("required", [])) - set(found)
    return None if missing or not found else found


def bodies(document):
    for path, operations in document["paths"].items():
        for verb, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if content is not None and path not in NO_BODY_TO_TYPE | A_PERSONS_OWN:
                yield verb, path, operation, example_of(document, content)


@pytest.fixture
def town(company):
    """A seeded world with the codes that examples name."""
    product = Product(
        product_code="BB500", name="Faster", kind=ProductKind.ACQUIRE, family="speed", monthly_price=99, margin=40,
        contact_cost=2, attribution_days=3, maturity_days=2,
    )  # fmt: skip
    company.add(product)
    for code, name in (("B1", "S01"), ("G11", "S01G01")):
        grid(company, code).code = name
    company.flush()
    unit = grid(company, "S01G01").id
    for number in ("S01G01M01", "S01G01M02"):
        company.add(
            Staff(
                staff_no=number,
                name=number,
                role=Role.TERMINAL_MANAGER,
                unit_id=unit,
                daily_capacity=9,
                active_from=date(2020, 1, 1),
            )
        )
    customer(company, "C01").customer_no = "K0000001"
    make_work_order(company, campaign=make_campaign(company, code="OCT"), customer_no="C02")
    company.commit()


@pytest.fixture
def document(api):
    with clock.shifted_to(NOW):
        yield api.openapi()


def test_every_body_has_an_example(document):
    assert len(list(bodies(document))) > 60
    assert sorted(f"{verb} {path}" for verb, path, _, example in bodies(document) if example is None) == []


def test_no_example_is_refused_as_wrong(document, client_as, town):
    clients = [client_as(login) for login in PEOPLE]
    wrong = []
    for verb, path, operation, example in bodies(document):
        values = {parameter["name"]: value_of(parameter) for parameter in operation.get("parameters", [])}
        address = path.format(**{name: value for name, value in values.items() if f"{{{name}}}" in path})
        answers = [client.request(verb.upper(), address, json=example) for client in clients]
        heard = [answer for answer in answers if code_of(answer) not in OTHERS_ROUTE]
        if not heard or any(answer.status_code in {400, 415, 422} or answer.status_code >= 500 for answer in heard):
            wrong.append((verb, path, [(answer.status_code, answer.text[:300]) for answer in heard]))
    assert not wrong, "\n".join(map(str, wrong))


def code_of(answer):
    """What a refusal is called; None where it is none."""
    return answer.json().get("code") if answer.status_code in {401, 403} else None


def value_of(parameter):
    """What the page puts in for a parameter."""
    schema = parameter.get("schema", {})
    if "example" in parameter:
        return parameter["example"]
    if schema.get("examples"):
        return schema["examples"][0]
    return {"integer": 1}.get(
        schema.get("type"), "0190c2a4-7b1e-7c3a-9d2f-3f6a1b2c3d4e" if schema.get("format") == "uuid" else "OCT"
    )
