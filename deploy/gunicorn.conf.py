"""How the API is served: read by `gunicorn --config`."""

import os
import resource
from typing import Any

from shared import settings

_http = settings.load_or_exit(os.environ, of="limner web").http

bind = f"{_http.host}:{_http.port}"
workers = _http.processes
worker_class = "deploy.lingering.Worker"
threads = _http.threads
# Those that are kept open between two requests come on top of those that are answered or held.
worker_connections = threads + 1000
# Loaded once and shared by the processes; nothing is connected before the first request.
preload_app = True
# Longer than any request is held; with threads, this only finds a process that hangs whole.
timeout = max(_http.max_wait_seconds, _http.hold_image_seconds, _http.hold_seconds) + 60
graceful_timeout = 20
keepalive = 30
forwarded_allow_ips = "*"
accesslog = None
# It would be made in the home folder of whoever runs this; nothing here needs it.
control_socket_disable = True

# Each connection is an open file; many systems allow a process 1,024 until it asks for more.
_soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
_wanted = worker_connections + 256
if _soft != resource.RLIM_INFINITY and _soft < _wanted:
    _most = _wanted if _hard == resource.RLIM_INFINITY else min(_wanted, _hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (_most, _hard))


def post_worker_init(worker: Any) -> None:
    """Let the application ask whether its process is to end, and let go whoever it holds then."""
    worker.wsgi.config["LIMNER_IS_STOPPING"] = lambda: not worker.alive
