"""What each form carries, so that only who was shown one can send it."""

import hmac
import secrets
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request

from footfall_dashboards.access import visitor_of

FIELD: Final = "token"
"""The form's field that carries it."""

_SECRET: Final = secrets.token_bytes(32)
"""Of this process: a form of an earlier one is not taken, and its page says so."""


def token_of(visitor_name: str) -> str:
    """Return the token of whoever asks."""
    return hmac.new(_SECRET, visitor_name.encode("utf-8", "surrogatepass"), sha256).hexdigest()


def token_field(request: Request) -> str:
    """Return the hidden field that a form of this page needs, as HTML."""
    return f'<input type="hidden" name="{FIELD}" value="{token_of(visitor_of(request.scope).name)}">'


def is_genuine(request: Request, fields: Mapping[str, str]) -> bool:
    """Tell whether a form comes from a page that this visitor was shown."""
    given = fields.get(FIELD, "").encode("utf-8", "surrogatepass")
    return hmac.compare_digest(given, token_of(visitor_of(request.scope).name).encode())


def require_token(request: Request, fields: Mapping[str, str]) -> None:
    """Refuse a form without its token, with words (403)."""
    if not is_genuine(request, fields):
        raise HTTPException(
            403, "This form is from before Footfall was started anew, or from elsewhere. Load its page again."
        )
