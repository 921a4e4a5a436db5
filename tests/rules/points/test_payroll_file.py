"""The bytes that payroll pulls."""

import random
from decimal import Decimal

from app.points.payroll.file_format import PayrollLine, read_file, write_file

LINES = [
    PayrollLine("7", "2026-10", "B", "success", "earned", "12.5000", "", ""),
    PayrollLine("8", "2026-10", "A", "existing_scheme", "earned", "60.0000", "", ""),
    PayrollLine("9", "2026-10", "A", "success", "adjustment", "-0.5000", "3", "cancelled:12"),
    PayrollLine("10", "2026-10", "A", "success", "earned", "10.0000", "", ""),
]


def test_the_bytes_do_not_depend_on_the_order_of_the_entries():
    shuffled = LINES.copy()
    random.Random(3).shuffle(shuffled)
    assert write_file(LINES) == write_file(shuffled)


def test_the_file_is_what_its_docstring_says():
    file = write_file(LINES)
    assert file.content.decode() == (
        "entry_id,month,staff_no,component,kind,points,refers_to_entry,reason\n"
        "10,2026-10,A,success,earned,10.0000,,\n"
        "9,2026-10,A,success,adjustment,-0.5000,3,cancelled:12\n"
        "8,2026-10,A,existing_scheme,earned,60.0000,,\n"
        "7,2026-10,B,success,earned,12.5000,,\n"
    )
    assert (file.row_count, file.points_sum) == (4, Decimal("82.0000"))


def test_what_was_written_is_read():
    odd = [PayrollLine("1", "2026-10", 'A,"\nß', "success", "earned", "1.0000", "", "")]
    assert read_file(write_file(odd).content) == odd
    assert read_file(write_file([]).content) == []
