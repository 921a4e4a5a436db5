"""Phone numbers as they are compared: bare national digits."""

import re
import unicodedata

# Spaces of every kind, dashes, dots, brackets and invisible marks (zero-width, direction, byte order) say nothing.
_NOISE = re.compile(r"[\s\-\u2010-\u2015\u2212\u30fc.()/\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]+")
_COUNTRY = re.compile(r"(?:\+|00)86")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"0[1-9][0-9]{8,10}")
_SERVICE = re.compile(r"[48]00[0-9]{7}")
_LOCAL = re.compile(r"[2-8][0-9]{6,7}")


def normalise_phone(text: str | None) -> str | None:
    """The bare national number (mobile `13912345678`, landline `02212345678`), or None where there is none.

    Full-width digits, `+86`, `0086`, `86` before a mobile number, spaces, dashes and zero-width marks are taken away;
    a landline after the country code gets its trunk 0 back. Raises ValueError where what is left is no phone number.
    """
    bare = _NOISE.sub("", unicodedata.normalize("NFKC", text or ""))
    if not bare:
        return None
    country = _COUNTRY.match(bare)
    if country:
        bare = bare[country.end() :]
    elif len(bare) == 13 and bare.startswith("86") and _MOBILE.fullmatch(bare[2:]):
        bare = bare[2:]
    # Some exports write the trunk 0 before a mobile number.
    if len(bare) == 12 and _MOBILE.fullmatch(bare[1:]) and bare[0] == "0":
        bare = bare[1:]
    if country and not (_MOBILE.fullmatch(bare) or bare.startswith("0") or _SERVICE.fullmatch(bare)):
        bare = "0" + bare
    if any(form.fullmatch(bare) for form in (_MOBILE, _LANDLINE, _SERVICE, _LOCAL)):
        return bare
    raise ValueError("expected a phone number such as 13912345678 or 022-12345678")
