"""The settings in effect, to be read: what is secret of them is not among them."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from app.settings import Settings

SECRETS = frozenset({"secret", "webhook_key", "push_key", "payroll_key", "sms_key"})
ADDRESSES = frozenset({"database_url", "app_database_url", "mail", "storage", "sms", "dask"})
HIDDEN = "•••"


@dataclass(frozen=True)
class SettingShown:
    """One setting: its variable, what is in effect, whether that is the default, and what it is for."""

    variable: str
    value: str
    is_default: bool
    secret: bool
    description: str


def settings_shown(settings: Settings) -> list[SettingShown]:
    """Every setting by name."""
    return [
        SettingShown(
            variable=f"GRIDWORK_{name.upper()}",
            value=_shown(name, str(getattr(settings, name))),
            is_default=getattr(settings, name) == field.default,
            secret=name in SECRETS,
            description=field.description or "",
        )
        for name, field in sorted(Settings.model_fields.items())
    ]


def _shown(name: str, value: str) -> str:
    if name in SECRETS:
        return HIDDEN if value else ""
    return _without_credentials(value) if name in ADDRESSES else value


def _without_credentials(address: str) -> str:
    """Scheme, host and path: users, passwords and queries are left out, for keys stand in either."""
    parts = urlsplit(address)
    hidden = bool(parts.username or parts.password or parts.query)
    place = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{HIDDEN}@{place}" if parts.username or parts.password else place, query="").geturl() + (
        f"?{HIDDEN}" if hidden and parts.query else ""
    )
