"""Views that people save, change and share: seen by whom they are for, written by their owner alone."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.centre import views
from app.centre.view_queries import UnknownView
from app.core.db import set_scope
from tests.factories import NOW, grid, staff
from tests.truth import principal_of

VIEWS = "/dashboard/v1/saved-views"
CUBE = {"measures": ["successes"], "rows": ["branch"], "period": "this_year"}


def saved(client, **values):
    answer = client.post(VIEWS, json={"name": "Mine", "definition": CUBE} | values)
    assert answer.status_code == 201, answer.text
    return answer.json()


def names(client):
    return [view["name"] for view in client.get(VIEWS).json()["items"]]


def test_a_view_is_saved_changed_and_deleted_by_its_owner(client_as):
    lin = client_as("lin")
    made = saved(lin)
    assert (made["name"], made["is_mine"], made["owner_name"]) == ("Mine", True, "Lin")
    assert made["definition"]["rows"] == ["branch"]
    changed = lin.put(f"{VIEWS}/{made['id']}", json={"name": " Ours ", "definition": CUBE | {"rows": ["grid"]}})
    assert (changed.json()["name"], changed.json()["definition"]["rows"]) == ("Ours", ["grid"])
    assert lin.get(f"{VIEWS}/{made['id']}").json() == changed.json()
    assert lin.delete(f"{VIEWS}/{made['id']}").status_code == 204
    assert names(lin) == []


def test_what_is_shared_with_a_role_or_a_unit_is_seen_by_its_people_and_by_nobody_else(client_as):
    lin, everybody = client_as("lin"), {login: client_as(login) for login in ("chen", "fu", "bea", "pia", "ada")}
    saved(lin, name="nobody")
    saved(lin, name="managers", shared_role="grid_manager")
    saved(lin, name="b1", shared_unit_code="B1")
    saved(lin, name="g12", shared_unit_code="G12")
    assert {login: names(client) for login, client in everybody.items()} == {
        "chen": ["b1", "managers"],
        "fu": ["b1", "g12", "managers"],
        "bea": ["b1"],
        "pia": [],
        "ada": [],
    }


def test_nobody_else_changes_or_deletes_what_is_shared_with_them(client_as, company):
    shared = saved(client_as("lin"), shared_role="grid_manager", shared_unit_code="B1")
    chen = client_as("chen")
    assert chen.get(f"{VIEWS}/{shared['id']}").json()["is_mine"] is False
    for answer in (
        chen.put(f"{VIEWS}/{shared['id']}", json={"name": "Stolen", "definition": CUBE}),
        chen.delete(f"{VIEWS}/{shared['id']}"),
        client_as("pia").get(f"{VIEWS}/{shared['id']}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "view.unknown")
    set_scope(company, scope="all", staff_id=staff(company, "lin").id)  # not by row level security alone
    with pytest.raises(UnknownView):
        views.delete_view(company, view_id=shared["id"], principal=principal_of(company, "chen"))
    assert names(client_as("lin")) == ["Mine"]


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"name": "  "}, 422, "invalid"),
        ({"shared_unit_code": "NONE"}, 422, "invalid"),
        ({"shared_role": "king"}, 422, "request.invalid"),
        ({"definition": {"measures": []}}, 422, "request.invalid"),
        ({"definition": CUBE | {"drop": "table"}}, 422, "request.invalid"),
        ({"name": "Taken"}, 409, "view.name_taken"),
    ],
)
def test_what_is_wrong_is_said(client_as, more, status, code):
    lin = client_as("lin")
    saved(lin, name="Taken")
    answer = lin.post(VIEWS, json={"name": "New", "definition": CUBE} | more)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert names(lin) == ["Taken"]


def test_nobody_has_views_without_end(client_as, monkeypatch):
    monkeypatch.setattr(views, "MOST_VIEWS", 1)
    lin = client_as("lin")
    saved(lin)
    assert lin.post(VIEWS, json={"name": "More", "definition": CUBE}).json()["code"] == "view.too_many"


@pytest.mark.parametrize("login", ["ana", "payroll", None])
def test_who_reads_no_dashboard_has_no_views(client_as, login):
    client = client_as(login)
    answers = [client.get(VIEWS), client.post(VIEWS, json={"name": "x", "definition": CUBE}), client.delete(f"{VIEWS}/1")]
    assert {answer.status_code for answer in answers} == {401 if login is None else 403}


def test_the_database_itself_lets_only_the_owner_write_and_once_by_a_name_and_hides_what_is_not_shared(session):
    chen, fu, g11, g12 = staff(session, "chen"), staff(session, "fu"), grid(session, "G11"), grid(session, "G12")

    def scoped(person, unit):
        set_scope(session, scope="grids", grid_ids=[unit.id], staff_id=person.id)

    scoped(chen, g11)
    insert = text(
        "INSERT INTO saved_views (owner_staff_id, kind, name, definition, shared_unit_id, created_at, changed_at)"
        " VALUES (:owner, 'cube', :name, '{}', :unit, :now, :now)"
    )
    for name, unit in (("alone", None), ("with B1", grid(session, "B1").id), ("with G11", g11.id)):
        session.execute(insert, {"owner": chen.id, "name": name, "unit": unit, "now": NOW})
    scoped(fu, g12)
    assert session.scalars(text("SELECT name FROM saved_views ORDER BY name")).all() == ["with B1"]
    taken = session.execute(text("UPDATE saved_views SET owner_staff_id = :me RETURNING id"), {"me": fu.id}).all()
    gone = session.execute(text("DELETE FROM saved_views RETURNING id")).all()
    assert (taken, gone) == ([], [])
    with pytest.raises(Exception, match="row-level security"), session.begin_nested():
        session.execute(insert, {"owner": chen.id, "name": "forged", "unit": None, "now": NOW})
    scoped(chen, g11)
    with pytest.raises(IntegrityError, match="uq_saved_views_owner_staff_id_kind_name"):
        session.execute(insert, {"owner": chen.id, "name": "alone", "unit": None, "now": NOW})
