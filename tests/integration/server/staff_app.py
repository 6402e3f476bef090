"""The app of the staff port, made for each test: quickly, and with nothing in it that another test could have left."""

from dataclasses import dataclass, field

from fastapi import FastAPI
from starlette.routing import BaseRoute

from server.web.parts import StaffParts
from server.web.site import staff_pages


@dataclass(frozen=True, slots=True)
class StaffApps:
    """Makes them. Its routes are read once: reading their signatures takes longer than most tests of a page."""

    read: list[BaseRoute] = field(default_factory=list)

    def over(self, parts: StaffParts) -> FastAPI:
        """An app over these parts with a state, a list of routes, handlers and middleware of its own."""
        app = staff_pages(parts)
        if not self.read:
            self.read.extend(app.router.routes)
        app.router.routes[:] = self.read
        return app
