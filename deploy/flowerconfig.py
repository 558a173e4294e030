"""How Flower is served: read by `celery flower --conf`."""

import os
import sys

from shared import declaring, settings

try:
    _settings = settings.load(os.environ)
except declaring.SettingsError as error:
    sys.exit(f"limner flower: the settings are not usable.\n{error}")
if not _settings.flower.password:
    sys.exit("limner flower: set LIMNER_FLOWER_PASSWORD; without it anybody could stop workers.")

address = _settings.http.host
port = _settings.flower.port
basic_auth = [f"{_settings.flower.user}:{_settings.flower.password}"]
max_tasks = 10_000
