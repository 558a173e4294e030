"""What endpoints hear while a job is on its way."""

from typing import Any

from shared import clock
from shared.errors import ProviderUnavailable
from shared.ground import Ground
from shared.jobs import lifecycle
from shared.jobs.status import Queue
from tests.conftest import Api
from tests.integration.test_webhook_endpoints import deliver, make, of_log, told
from tests.support import jobs
from tests.support.patience import eventually
from tests.support.receiver import Receiver
from workers.process import WorkerProcess


def heard(webhook: Receiver, count: int) -> dict[str, dict[str, Any]]:
    """Wait for so many events and return what each type of them said."""
    messages = [told(one) for one in webhook.wait_for(count)]
    return {one["type"]: one["data"] for one in messages}


def test_a_job_is_told_from_its_start_to_its_end_as_it_was_then(
    api: Api, worker: WorkerProcess, webhook: Receiver
) -> None:
    make(api, webhook.url, "job.*")
    job = api.submit(metadata={"order": "7"})

    worker.hear(Queue.IMAGE)
    assert eventually(lambda: api.job(job["id"])["status"] == "succeeded")
    deliver(worker)

    said = heard(webhook, 2)
    assert {kind: one["status"] for kind, one in said.items()} == {
        "job.started": "running",
        "job.succeeded": "succeeded",
    }
    assert said["job.succeeded"] == api.job(job["id"])
    early = said["job.started"]
    assert early.keys() == said["job.succeeded"].keys()
    assert (early["id"], early["metadata"]) == (job["id"], {"order": "7"})
    assert (early["artifacts"], early["finished_at"], early["provider"]) == ([], None, None)


def test_a_job_starts_once_though_it_is_tried_again(api: Api, ground: Ground) -> None:
    make(api, "https://example.org/", "job.started")
    jobs.submit(ground, api.caller.account.id)

    for _ in range(2):
        [job] = jobs.claim(ground)
        with ground.transaction() as session:
            lifecycle.retry(session, job, due_at=clock.now(), error=ProviderUnavailable())

    assert [one["event_type"] for one in of_log(api)] == ["job.started"]
