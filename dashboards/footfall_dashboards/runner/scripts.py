"""The scripts of the runner's own pages: small, from here alone, and each page works without them.

Their addresses name their content, so that an upgrade shows at once.
"""

from hashlib import sha256
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_STATIC: Final = Path(__file__).parent / "static"
_HEADERS: Final = {"cache-control": "private, max-age=31536000, immutable"}
_CONTENTS: Final = {name: (_STATIC / f"{name}.js").read_bytes() for name in ("holds", "countdown", "waiting")}
_PATHS: Final = {name: f"/static/{name}-{sha256(content).hexdigest()[:12]}.js" for name, content in _CONTENTS.items()}


def script(name: str) -> str:
    """Return what loads a script, as HTML."""
    return f'<script src="{_PATHS[name]}" defer></script>'


async def answer(request: Request) -> Response:
    """Answer with a script."""
    content = next(_CONTENTS[name] for name, path in _PATHS.items() if path == request.url.path)
    return Response(content, media_type="text/javascript", headers=_HEADERS)


def routes() -> list[Route]:
    """Return the routes of the scripts."""
    return [Route(path, answer) for path in _PATHS.values()]
