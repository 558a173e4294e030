"""What the web server loads: `gunicorn api.wsgi:app`."""

import os

from api.app import create_app
from shared import catalog, log, settings
from shared.ground import Ground

_settings = settings.load_or_exit(os.environ, of="limner web")
catalog.load_or_exit(_settings.catalog, of="limner web")

log.configure(_settings.log)
app = create_app(Ground.open(_settings))
