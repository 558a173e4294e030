"""How the API is served: read by `gunicorn --config`."""

import os

from shared import settings

_http = settings.load_or_exit(os.environ, of="limner web").http

bind = f"{_http.host}:{_http.port}"
workers = _http.processes
worker_class = "gthread"
threads = _http.threads
# Loaded once and shared by the processes; nothing is connected before the first request.
preload_app = True
# Longer than any request is held; with threads, this only finds a process that hangs whole.
timeout = _http.max_wait_seconds + 60
graceful_timeout = 20
keepalive = 30
forwarded_allow_ips = "*"
accesslog = None
# It would be made in the home folder of whoever runs this; nothing here needs it.
control_socket_disable = True
