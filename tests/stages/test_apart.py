"""What strangers sent is worked on in a process of its own: one that bursts takes nothing with it."""

import pytest

from app.core import apart
from app.core.apart import Refused, run_apart
from tests.hostile_files import pdf_bomb, photo, png_bomb

CLEANING = "app.feedback.attachments.cleaning_process"


def test_what_is_well_comes_back_clean():
    assert run_apart(CLEANING, "image/jpeg", photo()).startswith(b"\xff\xd8\xff")


def test_what_is_refused_says_what_was_expected():
    with pytest.raises(Refused, match="an image of at most 50 million pixels"):
        run_apart(CLEANING, "image/png", png_bomb(20_000, 20_000))


def test_a_document_that_unpacks_to_more_than_the_memory_is_refused():
    bomb = pdf_bomb(2 * apart.MEMORY_BYTES)
    assert len(bomb) < 4_000_000
    with pytest.raises(Refused):
        run_apart(CLEANING, "application/pdf", bomb)


def test_what_takes_too_long_is_ended(monkeypatch):
    monkeypatch.setattr(apart, "SECONDS", 0.01)
    with pytest.raises(Refused, match=r"0\.01 seconds"):
        run_apart(CLEANING, "image/jpeg", photo())


def test_the_process_may_write_no_file_and_has_its_memory_bounded():
    script = (
        "import resource as r; print(r.getrlimit(r.RLIMIT_FSIZE)[0], r.getrlimit(r.RLIMIT_AS)[0], r.getrlimit(r.RLIMIT_CPU)[0])"
    )
    found = run_apart("timeit", script, b"").decode()  # any module that runs what it is told
    assert found.split()[:3] == ["0", str(apart.MEMORY_BYTES), str(apart.SECONDS)]
