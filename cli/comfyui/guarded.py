"""Runs ComfyUI's main.py behind the rule of loopback.py: ComfyUI's own check lets a name pass that was rebound to loopback."""

import pathlib
import runpy
import sys

sys.path.append(str(pathlib.Path(__file__).parents[2] / "common"))

from aiohttp import web  # noqa: E402
from loopback import refusal  # noqa: E402


@web.middleware
async def guard(request, handler):
    headers = [(name.lower(), value) for name, value in request.raw_headers]
    why = refusal(request.raw_path.encode("latin-1", "replace"), headers)
    if why is None:
        return await handler(request)
    return web.Response(status=403, text=f"Refused: {why}\n")


initialise = web.Application.__init__


def initialise_guarded(self, *arguments, middlewares=(), **more):
    initialise(self, *arguments, middlewares=[guard, *middlewares], **more)


web.Application.__init__ = initialise_guarded

sys.argv = sys.argv[1:]
sys.path[0] = str(pathlib.Path(sys.argv[0]).parent)
runpy.run_path(sys.argv[0], run_name="__main__")
