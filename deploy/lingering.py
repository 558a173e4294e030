"""The API's worker of gunicorn, in which whoever is slow to hang up keeps nobody waiting.

Gunicorn's own closes connections in the thread that also takes new ones, and gives each client two
seconds to hang up first. A client that does not would stop the whole process for so long, and a
hundred that were held and are answered at once, for minutes.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

# Connections that wait for their clients to hang up at the same time; each takes 2 s at most.
_CLOSERS = 32


class Worker(ThreadWorker):  # type: ignore[misc]
    """Answers requests in threads, and closes connections in others."""

    def init_process(self) -> None:
        """Start."""
        self._closers = ThreadPoolExecutor(_CLOSERS, thread_name_prefix="closing")
        super().init_process()

    def finish_request(self, conn: Any, fs: "Future[Any]") -> None:
        """Keep a connection for its next request, or let it go."""
        if not _is_over(fs):
            super().finish_request(conn, fs)
            return
        closing = self._closers.submit(conn.close, graceful=True)
        closing.add_done_callback(lambda _: self.method_queue.defer(self._forget))

    def _forget(self) -> None:
        self.nr_conns -= 1


def _is_over(answered: "Future[Any]") -> bool:
    """Say whether a request went well, and its connection is not for another one."""
    return not (answered.cancelled() or answered.exception() or answered.result())
