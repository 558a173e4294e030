"""How Flower is served: read by `celery flower --conf`."""

import os
import sys

from shared import settings

_settings = settings.load_or_exit(os.environ, of="limner flower")
if not _settings.flower.password:
    sys.exit("limner flower: set LIMNER_FLOWER_PASSWORD; without it anybody could stop workers.")

address = _settings.http.host
port = _settings.flower.port
basic_auth = [f"{_settings.flower.user}:{_settings.flower.password}"]
max_tasks = 10_000
