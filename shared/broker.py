"""The one door to the broker: bells that wake workers, and news for whoever waits.

Nothing here is a promise. A bell that is lost is rung again by the keeper, and who waits for news
also looks into the database now and then; so the broker may be away, and submissions go on.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

import redis
from celery import Celery
from kombu.exceptions import OperationalError
from kombu.transport.redis import Channel

from shared.circuit import Circuit
from shared.errors import BrokerUnavailable
from shared.jobs.status import Kind, Queue
from shared.settings import BrokerSettings
from shared.signals import Bell, Errand, JobMoved, Signal

# Bells and news are sent while somebody waits for an answer. A broker that does not take them is
# left alone for a moment: the keeper rings again what was not heard.
_PATIENCE_SECONDS = 1.0
_LEFT_ALONE_SECONDS = 1.0
# A bell that nobody has heard for so long is taken for lost, and may be rung again.
_UNHEARD_MILLISECONDS = 2_000
# How long it does not ring for those who are busy. It must, soon: others may be free.
_HUSHED_MILLISECONDS = 100
_NEWS = "limner:news"
_QUIET_SECONDS = 1.0

# A worker that loses its connection would put unread bells back over one that is already closed,
# and end with an AttributeError (Celery 5.7 with kombu 5.7). Bells need no putting back.
Channel.do_restore = False

TASKS = {
    **{(queue, Errand.WORK): f"{queue}.work" for queue in map(Queue, Kind)},
    **{(queue, Errand.POLL): f"{queue}.poll" for queue in map(Queue, Kind)},
    (Queue.WEBHOOK, Errand.DELIVER): "webhook.deliver",
    (Queue.MAINTENANCE, Errand.KEEP): "maintenance.keep",
    (Queue.MAINTENANCE, Errand.EXPIRE): "maintenance.expire",
    (Queue.MAINTENANCE, Errand.SWEEP): "maintenance.sweep",
}


def celery_app(settings: BrokerSettings) -> Celery:
    """Return the Celery application, alike for those who send and those who listen."""
    app = Celery("limner", broker=settings.url, set_as_current=False)
    app.conf.update(
        task_default_queue=str(Queue.MAINTENANCE),
        task_routes={name: {"queue": str(queue)} for (queue, _), name in TASKS.items()},
        # A bell carries no promise, so there is nothing to keep, repeat or acknowledge late.
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        task_acks_late=False,
        task_publish_retry=False,
        worker_prefetch_multiplier=1,
        broker_connection_retry_on_startup=True,
        # Without a limit: a worker outlives its broker, however long that is away.
        broker_connection_max_retries=None,
        broker_transport_options={
            # A bell that is acknowledged over a connection that is lost by then would end the
            # worker with an AttributeError, too; and nobody reads what is written down of it.
            "ack_emulation": False,
            "socket_connect_timeout": 2,
            "socket_timeout": 30,
            "socket_keepalive": True,
            "health_check_interval": 10,
        },
        worker_hijack_root_logger=False,
        worker_enable_remote_control=True,
        worker_cancel_long_running_tasks_on_connection_loss=False,
    )
    return app


def redis_client(settings: BrokerSettings, *, patience: float = 5) -> redis.Redis:
    """Return a client that gives up soon on a server that is away."""
    client: redis.Redis = redis.Redis.from_url(
        settings.url,
        socket_connect_timeout=min(patience, 2),
        socket_timeout=patience,
        health_check_interval=10,
    )
    return client


class Broker:
    """One process's way to the broker."""

    def __init__(self, settings: BrokerSettings) -> None:
        self._celery = celery_app(settings)
        self._is_closed = False
        self._redis = redis_client(settings)
        self._sender = redis_client(settings, patience=_PATIENCE_SECONDS)
        self._circuit = Circuit("broker", left_alone=_LEFT_ALONE_SECONDS)

    def send(self, signals: list[Signal]) -> None:
        """Ring and tell; a broker that is away is logged and otherwise no matter."""
        if not signals or not self._circuit.may_try():
            return
        try:
            for bell in self._send(_distinct(signals), _moves(signals)):
                self._ring(bell)
        except (redis.RedisError, OperationalError, OSError) as error:
            self._circuit.failed(error)
        else:
            self._circuit.answered()

    def heard(self, queue: Queue, errand: Errand) -> None:
        """Note that a worker has come: from now on the bell may ring for others."""
        with suppress(redis.RedisError):
            self._redis.delete(_bell_key(queue, errand))

    def hush(self, queue: Queue, errand: Errand) -> None:
        """Keep the bell still for a moment more: who hears it is at work, and will look again."""
        with suppress(redis.RedisError):
            self._redis.pexpire(_bell_key(queue, errand), _HUSHED_MILLISECONDS)

    def news(self) -> Iterator[Sequence[JobMoved]]:
        """Yield what happens to jobs, as it happens, and every second at least, if only nothing.

        Raises :class:`BrokerUnavailable` when the broker goes away; ends when this is closed.
        """
        try:
            with self._redis.pubsub(ignore_subscribe_messages=True) as subscription:  # type: ignore[no-untyped-call]
                subscription.subscribe(_NEWS)
                while not self._is_closed:
                    message = subscription.get_message(timeout=_QUIET_SECONDS)
                    yield _read(message["data"]) if message else []
        except Exception as error:
            # Closing pulls the connection away from whoever reads on it, which may raise anything.
            if self._is_closed:
                return
            raise BrokerUnavailable(f"The broker does not answer: {error}") from error

    @property
    def is_closed(self) -> bool:
        """Say whether this was closed."""
        return self._is_closed

    def ping(self) -> None:
        """Ask the broker for a sign of life; raises what the driver raises."""
        self._redis.ping()

    def close(self) -> None:
        """Give every connection back, and let those who wait for news go."""
        self._is_closed = True
        self._redis.close()
        self._redis.connection_pool.disconnect(inuse_connections=True)
        self._sender.close()
        self._celery.close()

    def _send(self, bells: Sequence[Bell], moves: Sequence[JobMoved]) -> Iterable[Bell]:
        """Tell of moves in one round trip; returns the bells that are to be rung.

        Not one that still hangs unheard: it wakes a worker for all.
        """
        with self._sender.pipeline(transaction=False) as together:
            for bell in bells:
                key = _bell_key(bell.queue, bell.errand)
                together.set(key, bell.subject, nx=True, px=_UNHEARD_MILLISECONDS)
            if moves:
                together.publish(_NEWS, _write(moves))
            answers = together.execute()
        return [bell for bell, is_first in zip(bells, answers, strict=False) if is_first]

    def _ring(self, bell: Bell) -> None:
        task = TASKS[bell.queue, bell.errand]
        self._celery.send_task(task, kwargs={"subject": bell.subject}, queue=str(bell.queue))


def _distinct(signals: Iterable[Signal]) -> Sequence[Bell]:
    """Leave out the bells that would only ring again for the same errand."""
    of_bells = {(one.queue, one.errand): one for one in signals if isinstance(one, Bell)}
    return [*of_bells.values()]


def _moves(signals: Iterable[Signal]) -> Sequence[JobMoved]:
    return [one for one in signals if isinstance(one, JobMoved)]


def _write(moves: Sequence[JobMoved]) -> str:
    return "\n".join(f"{one.job_id} {one.account_id} {one.is_over:d}" for one in moves)


def _read(message: bytes) -> Sequence[JobMoved]:
    found = (line.split(" ") for line in message.decode().splitlines())
    # Another version's news may be written differently: what is not understood is not heard.
    return [JobMoved(one[0], one[1], one[2] == "1") for one in found if len(one) == 3]


def _bell_key(queue: Queue, errand: Errand) -> str:
    return f"limner:bell:{queue}:{errand}"
