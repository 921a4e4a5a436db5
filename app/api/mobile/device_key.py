"""What a phone encrypts its data with: a secret that lives as long as its log-in."""

from base64 import b64encode

from fastapi import APIRouter, Response

from app.api.deps import FamilyId, SecretDep, TerminalManager
from app.api.types import Out
from app.core.security import device_key_of

router = APIRouter(prefix="/mobile/v1/device-key", tags=["phone"])


class DeviceKeyOut(Out):
    """`key`: 32 bytes in Base64, the same at each call of one log-in. Derive from it, and keep it only wrapped."""

    key: str


@router.get("")
def show_device_key(_: TerminalManager, secret: SecretDep, family_id: FamilyId, response: Response) -> DeviceKeyOut:
    """The secret of this log-in, for the key under which the phone keeps its data; told no more once the log-in has ended."""
    response.headers["Cache-Control"] = "no-store"
    return DeviceKeyOut(key=b64encode(device_key_of(secret, family_id=family_id)).decode())
