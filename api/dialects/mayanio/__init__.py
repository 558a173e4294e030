"""MayanIO's contract: finished images, videos and 3D models in the answer, paid in points."""

from flask import Flask

from api import problems
from api.dialects.mayanio import faults, projects, routes

# Others have addresses under /api/v1, too.
PREFIXES = (
    "/api/v1/images",
    "/api/v1/video",
    "/api/v1/3d",
    "/api/v1/models",
    "/api/v1/image-to-3d",
    "/api/v1/projects",
)


def register(app: Flask) -> None:
    """Serve MayanIO's addresses under /api/v1."""
    for prefix in PREFIXES:
        problems.speak(app, prefix, faults.render)
    app.register_blueprint(routes.blueprint)
    app.register_blueprint(projects.blueprint)
