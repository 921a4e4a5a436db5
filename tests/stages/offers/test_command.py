"""Offers on the command line."""

import pytest

from app.commands import offers as command
from app.offers.queries import NoOffers, UnknownCustomer
from tests.stages.offers.choosing import chosen


def test_the_command_shows_one_customer_or_counts_by_product(sessions, company, monkeypatch, capsys):
    monkeypatch.setattr(command, "sessions", lambda: sessions)
    with pytest.raises(NoOffers, match="rank customers, then choose"):
        command.next_best()
    command.next_best("C01")
    assert "C01: nothing is offered" in capsys.readouterr().out
    chosen(company)
    command.next_best()
    counts = capsys.readouterr().out
    assert "as of 2026-10-12: 15 customers with an offer" in " ".join(counts.split())
    assert [line.split()[1:8:2] for line in counts.splitlines() if "FTTH1" in line or "TV1" in line] == [
        ["FTTH1", "0", "14", "0"],
        ["TV1", "15", "0", "0"],
    ]
    command.next_best("C01")
    shown = capsys.readouterr().out
    assert "next best products of C01" in shown
    assert "10.0000" in shown
    with pytest.raises(UnknownCustomer):
        command.next_best("NOBODY")
