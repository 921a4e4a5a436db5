"""The settings of one installation, read from the environment once."""

import os
import re
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator


class SettingsError(ValueError):
    """A setting is wrong; the message names the variable and what was expected."""


class Settings(BaseModel):
    """Everything that differs between two installations. Frozen: nothing changes it after the start."""

    model_config = ConfigDict(frozen=True)

    database_url: str = Field("", description="owner's URL of a PostgreSQL >= 15; empty: the embedded one")
    app_database_url: str = Field("", description="URL of a login of its own for the application role")
    postgres_binaries: str = Field("", description="bin folder of the PostgreSQL that the embedded launcher starts")
    home: Path = Field(Path(".gridwork"), description="folder of the embedded database and of generated secrets")
    storage: str = Field("", description="folder or s3://bucket/prefix of snapshots, scores and reports; empty: under home")
    dask: str = Field("", description="address of a Dask scheduler, or local:WORKERS; empty: this process trains and scores")
    holdout_share: Decimal = Field(Decimal("0.01"), ge=0, le=Decimal("0.2"), description="customers no campaign ever contacts")
    gate_calibration_error: float = Field(0.05, gt=0, le=1, description="a ranker above it is not promoted")
    unfinished_rule: str = Field(
        "roll", pattern="^(roll|expire|pool)$", description="of work whose day passed, unless a campaign's own"
    )
    most_rolls: int = Field(3, ge=0, le=100, description="days that unfinished work may pass before it goes to its grid's pool")
    run_inputs_days: int = Field(400, ge=1, le=36_500, description="the inputs of a run are kept so long, and its months closed")
    dispute_raise_days: int = Field(
        30, ge=1, le=3_650, description="after a month was closed, in which its lines may be disputed"
    )
    dispute_answer_days: int = Field(5, ge=1, le=60, description="working days until a dispute is to be decided")
    dispute_company_days: int = Field(2, ge=1, le=60, description="working days after that until the company is told")
    dispute_second_above: Decimal = Field(Decimal(5), ge=0, description="points of a dispute above which two persons decide")
    secret: str = Field("", description="key that signs access tokens, 32 characters or more; empty: made once")
    timezone: str = "Asia/Shanghai"
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    api_workers: int = Field(2, ge=1, le=64)
    pool_size: int = Field(20, ge=1, le=500, description="database connections of one API process")
    hot_pool_size: int = Field(8, ge=1, le=500, description="and those of its pulls and reports of phones")
    pool_wait_seconds: float = Field(1.0, gt=0, le=60)
    statement_timeout_ms: int = Field(15_000, ge=100)
    max_body_bytes: int = Field(2_000_000, ge=1_000)
    max_upload_bytes: int = Field(2_000_000_000, ge=1_000)
    max_attachment_bytes: int = Field(10_000_000, ge=10_000, le=100_000_000, description="of a photo or document of a report")
    full_load_share: Decimal = Field(Decimal("0.2"), ge=0, le=1, description="a full load that removes more needs force")
    reveals_per_day: int = Field(60, ge=1, le=10_000, description="customers whose phone number one person is given in a day")
    call_relay: str = Field("direct", description="direct, or package.module:function that puts calls through")
    minimum_app_version: str = Field("", description="phones that say an older version are refused; empty: none")
    access_token_minutes: int = Field(15, ge=1, le=1440)
    refresh_token_days: int = Field(30, ge=1, le=365)
    refresh_retry_seconds: int = Field(60, ge=0, le=600)
    webhook_loopback: bool = Field(False, description="webhooks may go to this machine, by http: for tests and trials")
    webhook_key: str = Field("", description="Fernet keys that keep webhooks' signing keys, newest first; empty: made once")
    mail: str = Field("", description="smtp://user:password@host:587, smtps://..., file:folder or log:; empty: no mail")
    sms: str = Field("", description="https://gateway/path, file:/folder or log: for messages to customers; empty: none")
    sms_key: str = Field("", description="key that signs messages to the gateway and its replies, 32 characters or more")
    mail_from: str = "gridwork@localhost.localdomain"
    quiet_hours: str = Field("21-8", description="local hours without mail and pushes, such as 21-8; 0-0: none")
    push_key: str = Field("", description="private VAPID key in base64url; empty: made once")
    payroll_key: str = Field("", description="private Ed25519 key in base64url, which signs payroll's files; empty: made once")
    push_minutes: int = Field(30, ge=1, le=1440, description="between two pushes of new work to a person, at the least")
    map_tiles: str = Field("", description="own map tiles at this service's address, such as /tiles/{z}/{x}/{y}.png; empty: none")
    most_streams: int = Field(400, ge=1, le=10_000, description="live pages that one API process feeds at once")
    shutdown_seconds: int = Field(20, ge=1, le=600)
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("expected an IANA time zone such as Asia/Shanghai")
        return value

    @field_validator("database_url", "app_database_url")
    @classmethod
    def _postgresql(cls, value: str) -> str:
        expected = "expected a PostgreSQL address such as postgresql://user:password@host:5432/name"
        try:
            parts = urlsplit(value)
            known = parts.scheme.split("+")[0] in {"postgresql", "postgres"} and (parts.port or 1) > 0
        except ValueError:
            known = False
        if value and not known:
            raise ValueError(expected)
        return value

    @field_validator("storage")
    @classmethod
    def _folder_or_s3(cls, value: str) -> str:
        if urlsplit(value).scheme not in ("", "file", "s3"):
            raise ValueError("expected a folder or an address such as s3://bucket/prefix?region=cn-north-1")
        return value

    @field_validator("map_tiles")
    @classmethod
    def _own_tiles(cls, value: str) -> str:
        if value and not (re.fullmatch(r"/[^/\s][^\s?#]*", value) and all(f"{{{name}}}" in value for name in "zxy")):
            raise ValueError("expected a path of this service with {z}, {x} and {y}, such as /tiles/{z}/{x}/{y}.png")
        return value

    @field_validator("dask")
    @classmethod
    def _cluster(cls, value: str) -> str:
        if value and not re.fullmatch(r"local:[1-9][0-9]?|(?:tcp|tls)://[^\s/]+:[0-9]+", value):
            raise ValueError("expected local:WORKERS, such as local:2, or a scheduler's address such as tcp://10.0.0.5:8786")
        return value

    @field_validator("webhook_key")
    @classmethod
    def _fernet_keys(cls, value: str) -> str:
        if value and not all(re.fullmatch(r"[A-Za-z0-9_-]{43}=", key.strip()) for key in value.split(",")):
            raise ValueError("expected Fernet keys, 32 bytes in base64url each, with commas between")
        return value

    @field_validator("mail")
    @classmethod
    def _way_of_mail(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            known = {"": not value, "log": value == "log:", "file": bool(parts.path)}.get(parts.scheme, False)
            known = known or (parts.scheme in {"smtp", "smtps"} and bool(parts.hostname) and (parts.port or 1) > 0)
        except ValueError:
            known = False
        if not known:
            raise ValueError("expected smtp://user:password@host:587, smtps://user:password@host:465, file:/folder or log:")
        return value

    @field_validator("mail_from")
    @classmethod
    def _one_address(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", value):
            raise ValueError("expected a mail address such as gridwork@example.com")
        return value

    @field_validator("quiet_hours")
    @classmethod
    def _two_hours(cls, value: str) -> str:
        if not re.fullmatch(r"([0-9]|1[0-9]|2[0-3])-([0-9]|1[0-9]|2[0-3])", value):
            raise ValueError("expected two hours from 0 to 23 such as 21-8, or 0-0 for none")
        return value

    @field_validator("call_relay")
    @classmethod
    def _adapter(cls, value: str) -> str:
        if not re.fullmatch(r"direct|[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", value, re.ASCII):
            raise ValueError("expected direct, or a function such as package.module:function")
        return value

    @field_validator("push_key", "payroll_key")
    @classmethod
    def _private_key(cls, value: str) -> str:
        if value and not re.fullmatch(r"[A-Za-z0-9_-]{43}", value, re.ASCII):
            raise ValueError("expected 32 bytes in base64url, 43 characters without padding")
        return value

    @field_validator("minimum_app_version")
    @classmethod
    def _version(cls, value: str) -> str:
        if value and not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6}){0,3}", value, re.ASCII):
            raise ValueError("expected a version such as 1.4.2")
        return value

    @field_validator("sms")
    @classmethod
    def _way_of_sms(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[^\s/]+(/\S*)?|file:/\S+|log:", value):
            raise ValueError("expected https://gateway/path, file:/folder or log:")
        return value

    @field_validator("secret", "sms_key")
    @classmethod
    def _long_secret(cls, value: str) -> str:
        if value and len(value) < 32:
            raise ValueError("expected at least 32 characters")
        return value

    @property
    def dispute_terms(self) -> tuple[int, int, int, Decimal]:
        """The terms of disputes, in the order of `points.dispute_rules.DisputeTerms`."""
        return self.dispute_raise_days, self.dispute_answer_days, self.dispute_company_days, self.dispute_second_above

    @property
    def storage_url(self) -> str:
        """Where files are kept."""
        return self.storage or str(self.home / "storage")

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which days and months are counted."""
        return ZoneInfo(self.timezone)


def read_settings(environment: dict[str, str] | None = None) -> Settings:
    """Read settings from variables named `GRIDWORK_<FIELD>`, and `DATABASE_URL`.

    Raises SettingsError that names the first wrong variable.
    """
    source = dict(os.environ) if environment is None else environment
    given = {name: source[f"GRIDWORK_{name.upper()}"] for name in Settings.model_fields if f"GRIDWORK_{name.upper()}" in source}
    if source.get("DATABASE_URL"):
        given.setdefault("database_url", source["DATABASE_URL"])
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        name = f"GRIDWORK_{str(first['loc'][0]).upper()}"
        if name == "GRIDWORK_DATABASE_URL" and name not in source:
            name = "DATABASE_URL"
        raise SettingsError(f"{name}: {first['msg'].removeprefix('Value error, ')}") from error
