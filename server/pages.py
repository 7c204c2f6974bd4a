"""The web client's files, with the headers that keep a page from being framed or made to run what is not ours."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob: mediastream:; "
        "style-src 'self' 'unsafe-inline'; connect-src 'self' ws: wss:; worker-src 'self' blob:; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self)",
    "Cross-Origin-Opener-Policy": "same-origin",
}
MEETING = "{meeting_id:[A-Za-z0-9_-]{1,64}}"
NOT_BUILT = "The web client is not built yet. `make run` builds it; the API and signaling work without it."


@web.middleware
async def secure(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Add the security headers to every answer that is not already on its way."""
    response = await handler(request)
    if not response.prepared:
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
    return response


class Pages:
    """`/`, `/m/{id}` and the like answer the page; `/assets/` its hashed files."""

    def __init__(self, dist: Path) -> None:
        self._dist = dist

    def mount(self, app: web.Application) -> None:
        if (self._dist / "assets").is_dir():
            app.router.add_static("/assets", self._dist / "assets", append_version=False)
        for path in ("/", f"/m/{MEETING}", "/history", f"/history/{MEETING}", "/operator", "/operator/events"):
            app.router.add_get(path, self.page)
        for icon in ("favicon.svg", "favicon.ico", "robots.txt", "manifest.webmanifest"):
            app.router.add_get(f"/{icon}", self.file)

    async def page(self, _request: web.Request) -> web.StreamResponse:
        index = self._dist / "index.html"
        if not index.is_file():
            return web.Response(text=NOT_BUILT, status=503)
        return web.FileResponse(index, headers={"Cache-Control": "no-cache"})

    async def file(self, request: web.Request) -> web.StreamResponse:
        path = self._dist / request.path.removeprefix("/")
        if not path.is_file():
            raise web.HTTPNotFound
        return web.FileResponse(path)
