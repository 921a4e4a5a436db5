"""`gridwork import` and its kin, as an operator types them."""

UNITS = "code,parent_code,kind,name\nG31,B2,grid,New\nG32,NO,grid,New\n"


def test_a_file_is_imported_its_rejected_rows_written_and_the_rest_said(gridwork, tmp_path):
    (tmp_path / "units.csv").write_text(UNITS)
    code, said = gridwork("import", "org_units", "units.csv")
    assert (code, "Put aside: 1. To get them: gridwork rejected 1" in said) == (0, True)
    code, said = gridwork("import", "org_units", "units.csv")
    assert (code, "applied before, as import 1" in said) == (0, True)
    assert gridwork("rejected", 1)[0] == 0
    assert (tmp_path / "rejected-1.csv").read_text("utf-8-sig").splitlines()[1].startswith("G32,NO,grid,New,3,parent_code")
    assert gridwork("declare-complete", "calls", "2026-01-01", "2026-01-31")[0] == 0


def test_a_folder_is_imported_in_the_order_in_which_feeds_refer_to_each_other(gridwork, tmp_path):
    folder = tmp_path / "extract"
    folder.mkdir()
    (folder / "customers.csv").write_text("customer_no,grid_code,owner_staff_no\nN1,G31,T1\n")
    (folder / "staff.csv").write_text("staff_no,name,role,unit_code,active_from\nT1,x,terminal_manager,G31,2026-01-01\n")
    (folder / "org_units.csv").write_text(UNITS.splitlines()[0] + "\nG31,B2,grid,New\n")
    (folder / "notes.txt").write_text("x")
    code, said = gridwork("import-folder", "extract")
    assert (code, "Put aside" in said, "left alone: notes.txt" in said) == (0, False, True)


def test_whatever_is_wrong_is_one_line_that_says_what_was_expected(gridwork, tmp_path):
    (tmp_path / "units.csv").write_text(UNITS)
    (tmp_path / "empty.csv").touch()
    for words, expected in (
        (("import", "unit", "units.csv"), "feed: expected one of org_units, staff"),
        (("import", "staff", "units.csv"), "this looks like org_units"),
        (("import", "staff", "empty.csv"), "the file is empty"),
        (("import", "staff", "."), "file: expected a file that exists"),
        (("import", "staff", "nothing.csv"), "file: expected a file that exists"),
        (("import", "calls", "units.csv", "--complete-from", "2026-01-01"), "complete_through: expected both"),
        (("import-folder", "nothing"), "folder: expected a folder that exists"),
        (("import-folder", "."), "folder: expected files named FEED.csv"),
        (("declare-complete", "staff", "2026-01-01", "2026-01-01"), "orders, calls, complaints"),
        (("rejected", "99"), "There is no import with this number."),
    ):
        code, said = gridwork(*words)
        assert (code, expected in said) == (1, True), said
        assert "Traceback" not in said
