"""How the runner's own pages look: one sheet for all of them, which a browser asks for once and then keeps.

Its address names its content, so that an upgrade shows at once.
"""

from hashlib import sha256
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

_STATIC: Final = Path(__file__).parent / "static"
COLOURS: Final = Path(__file__).parents[1] / "access" / "static" / "colours.css"
_SHEETS: Final = (COLOURS, *(_STATIC / f"{name}.css" for name in ("runner", "charts", "runs", "plan")))
_SHEET: Final = b"".join(sheet.read_bytes() for sheet in _SHEETS)
PATH: Final = f"/static/pages-{sha256(_SHEET).hexdigest()[:12]}.css"
"""Where pages find it."""


async def sheet(_: Request) -> Response:
    """Answer with the sheet."""
    return Response(_SHEET, media_type="text/css", headers={"cache-control": "private, max-age=31536000, immutable"})
