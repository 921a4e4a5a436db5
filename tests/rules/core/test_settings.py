"""Settings."""

import pytest

from app.settings import SettingsError, read_settings


def test_nothing_set_is_a_good_setting():
    assert read_settings({}).timezone == "Asia/Shanghai"


def test_database_url_is_read_by_its_usual_name():
    assert read_settings({"DATABASE_URL": "postgresql://h/d"}).database_url == "postgresql://h/d"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GRIDWORK_PORT", "0"),
        ("GRIDWORK_PORT", "many"),
        ("GRIDWORK_TIMEZONE", "Mars/Base"),
        ("GRIDWORK_SECRET", "short"),
        ("GRIDWORK_LOG_LEVEL", "LOUD"),
        ("GRIDWORK_MINIMUM_APP_VERSION", "newest"),
        ("GRIDWORK_PUSH_KEY", "short"),
        ("GRIDWORK_PUSH_MINUTES", "0"),
        ("GRIDWORK_REVEALS_PER_DAY", "0"),
        ("GRIDWORK_MOST_STREAMS", "0"),
        ("GRIDWORK_MAP_TILES", "https://tiles.example/{z}/{x}/{y}.png"),
        ("GRIDWORK_MAP_TILES", "//tiles.example/{z}/{x}/{y}.png"),
        ("GRIDWORK_MAP_TILES", "/tiles/{z}"),
    ],
)
def test_a_wrong_setting_is_named(name, value):
    with pytest.raises(SettingsError, match=name):
        read_settings({name: value})
