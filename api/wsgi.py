"""What the web server loads: `gunicorn api.wsgi:app`."""

import os
import sys

from api.app import create_app
from shared import declaring, log, settings
from shared.ground import Ground

try:
    _settings = settings.load(os.environ)
except declaring.SettingsError as error:
    sys.exit(f"limner web: the settings are not usable.\n{error}")

log.configure(_settings.log)
app = create_app(Ground.open(_settings))
