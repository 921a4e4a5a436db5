"""Phones from the command line."""

from app.jobs.runner import in_transaction
from app.models.device import Device
from tests.factories import NOW, staff


def add(sessions, device_id="phone-1"):
    def work(session):
        session.add(
            Device(staff_id=staff(session, "ana").id, device_id=device_id, name="Redmi 9A", app_version="1.4", registered_at=NOW)
        )

    in_transaction(sessions, work)


def test_phones_are_listed_and_revoked(gridwork, sessions):
    add(sessions)
    code, shown = gridwork("devices")
    assert (code, "ANA" in shown, "Redmi 9A" in shown) == (0, True, True)
    number = in_transaction(sessions, lambda session: session.query(Device).one().id)
    assert gridwork("revoke-device", number, "--reason", "stolen")[0] == 0
    assert "ANA" not in gridwork("devices")[1]
    assert "stolen" in gridwork("devices", "--revoked")[1]


def test_a_phone_that_is_not_there_is_said(gridwork):
    assert gridwork("revoke-device", 7, "--reason", "lost") == (1, "gridwork: There is no such device here.\n")
