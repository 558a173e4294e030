"""What is kept no longer: by the plan of its account, or because its owner says so."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, text, update

from deploy.cli.main import limner
from shared import clock, ids
from shared.accounts import register
from shared.errors import ArtifactNotFound, StorageUnavailable
from shared.ground import Ground
from shared.jobs.status import Queue
from shared.retention import deletion, expiry, unwanted
from shared.retention.expiry import Let
from shared.retention.tables import UnwantedObject
from shared.signals import Errand
from shared.storage.folder import FolderStore
from shared.webhooks.tables import Delivery
from tests.conftest import PUBLIC_URL, Api, Caller, MakeCaller
from tests.integration.conftest import CountRows, Finish
from tests.support import jobs
from tests.support.patience import eventually
from tests.support.receiver import Received, Receiver
from tests.support.servers import Servers
from workers.keeper import Keeper
from workers.process import WorkerProcess

Keep = Callable[..., None]

# Made before its time: its id says so too.
_COPY = text("""
INSERT INTO jobs SELECT (jsonb_populate_record(jobs, jsonb_build_object(
    'id', CAST(:older AS text), 'created_at', created_at - :by, 'finished_at', finished_at - :by
))).* FROM jobs WHERE id = :job_id
""")


@pytest.fixture
def keep(ground: Ground, caller: Caller) -> Keep:
    """Says how many days the caller's files and jobs are kept."""

    def set_limits(**days: int) -> None:
        with ground.transaction() as session:
            register.change(session, caller.account.id, ground.plans, overrides=days)

    return set_limits


def aged(ground: Ground, job: dict[str, Any], *, days: float) -> str:
    """Let a finished job, and what it made, be so much older; returns the id that it then has."""
    by = timedelta(days=days)
    older = ids.first("job", clock.now() - by)
    given = {"job_id": job["id"], "older": older, "by": by}
    with ground.transaction() as session:
        session.execute(_COPY, given)
        for table in ("job_events", "attempts", "webhook_events"):
            session.execute(
                text(f"UPDATE {table} SET job_id = :older WHERE job_id = :job_id"), given
            )
        session.execute(
            text(
                "UPDATE artifacts SET job_id = :older, created_at = created_at - :by"
                " WHERE job_id = :job_id"
            ),
            given,
        )
        session.execute(text("DELETE FROM jobs WHERE id = :job_id"), given)
    return older


def files(tmp_path: Path) -> list[Path]:
    """Return every object in the storage."""
    return [one for one in (tmp_path / "storage").rglob("*") if one.is_file()]


def content(api: Api, artifact_id: str) -> Any:
    return api.get(f"/v1/artifacts/{artifact_id}/content", buffered=True)


def doomed(ground: Ground) -> list[str]:
    with ground.transaction() as session:
        return list(session.scalars(select(UnwantedObject.key)))


def gained(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {name: n - before[name] for name, n in after.items() if n != before[name]}


def test_a_file_is_let_go_when_its_time_is_over_and_the_job_says_so(
    ground: Ground, api: Api, finish: Finish, keep: Keep, tmp_path: Path
) -> None:
    keep(artifact_days=7)
    old = aged(ground, finish(), days=7.01)
    new = aged(ground, finish(), days=6.99)
    before = api.job(new)

    gone = expiry.go_round(ground)
    unwanted.sweep(ground)

    [artifact] = api.job(old)["artifacts"]
    assert gone == Let(artifacts=1, bytes=artifact["bytes"])
    assert (artifact["url"], artifact["deleted_at"]) == (None, None)
    assert artifact["expired_at"] is not None
    answer = content(api, artifact["id"])
    assert (answer.status_code, answer.json["code"]) == (410, "artifact_gone")
    assert api.job(new) == before
    assert content(api, before["artifacts"][0]["id"]).status_code == 200
    assert len(files(tmp_path)) == 1
    assert doomed(ground) == []


def test_a_job_is_let_go_with_all_that_hangs_on_it(
    ground: Ground, api: Api, finish: Finish, keep: Keep, count_rows: CountRows, tmp_path: Path
) -> None:
    keep(job_days=30)
    new = aged(ground, finish(), days=29.9)
    before = count_rows()
    old = aged(ground, finish(), days=30.1)

    gone = expiry.go_round(ground)

    assert (gone.jobs, gone.artifacts) == (1, 1)
    assert api.get(f"/v1/jobs/{old}").status_code == 404
    assert api.get(f"/v1/jobs/{new}").status_code == 200
    # What is measured and what was paid outlives the jobs.
    left = gained(before, count_rows())
    assert not {"jobs", "job_events", "attempts", "artifacts"} & set(left)
    assert left.pop("unwanted_objects") == 1
    unwanted.sweep(ground)
    assert len(files(tmp_path)) == 1


def test_what_a_plan_keeps_for_ever_stays(
    ground: Ground, api: Api, finish: Finish, keep: Keep
) -> None:
    keep(artifact_days=0, job_days=0)
    old = aged(ground, finish(), days=3_000)

    assert not expiry.go_round(ground).is_anything
    assert api.job(old)["artifacts"][0]["url"] is not None


def test_each_account_keeps_what_its_own_plan_says(
    ground: Ground, api: Api, finish: Finish, make_caller: MakeCaller, keep: Keep
) -> None:
    keep(artifact_days=90)
    other = make_caller("bob")
    with ground.transaction() as session:
        register.change(session, other.account.id, ground.plans, overrides={"artifact_days": 1})
    old = aged(ground, finish(), days=50)

    assert not expiry.go_round(ground).is_anything
    assert api.job(old)["artifacts"][0]["url"] is not None


def test_unfinished_jobs_are_never_let_go(
    ground: Ground, api: Api, caller: Caller, keep: Keep
) -> None:
    keep(artifact_days=1, job_days=1)
    job = jobs.submit(ground, caller.account.id)
    old = aged(ground, {"id": job.id}, days=400)

    assert not expiry.go_round(ground).is_anything
    assert api.job(old)["status"] == "queued"


def test_a_job_whose_webhook_is_still_owed_waits_for_that(
    ground: Ground, api: Api, finish: Finish, keep: Keep
) -> None:
    keep(job_days=1)
    old = aged(ground, finish(webhook="http://127.0.0.1:9/"), days=3)

    assert not expiry.go_round(ground).is_anything

    with ground.transaction() as session:
        session.execute(update(Delivery).values(due_at=None))
    assert expiry.go_round(ground).jobs == 1
    assert api.get(f"/v1/jobs/{old}").status_code == 404


def test_rounds_at_the_same_time_let_go_everything_once(
    ground: Ground, finish: Finish, keep: Keep
) -> None:
    keep(job_days=1)
    for _ in range(6):
        aged(ground, finish(), days=2)
    gone: list[Let] = []

    def go_round() -> None:
        gone.append(expiry.go_round(ground))

    threads = [threading.Thread(target=go_round) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    gone.append(expiry.go_round(ground))

    assert sum(one.jobs for one in gone) == 6
    assert len(doomed(ground)) == 6


def test_what_is_overdue_is_counted_as_it_would_be_let_go(
    ground: Ground, finish: Finish, keep: Keep
) -> None:
    keep(artifact_days=1, job_days=2)
    aged(ground, finish(), days=1.5)
    aged(ground, finish(), days=3)

    told = expiry.overdue(ground)

    assert (told.jobs, told.artifacts) == (1, 2)
    assert expiry.overdue(ground, late_by=timedelta(days=2.5)) == Let()
    assert expiry.go_round(ground).bytes == told.bytes > 0
    assert not expiry.overdue(ground).is_anything


def test_the_worker_removes_what_was_let_go_and_the_keeper_calls_it(
    ground: Ground, api: Api, finish: Finish, worker: WorkerProcess, keep: Keep, tmp_path: Path
) -> None:
    keep(artifact_days=1)
    aged(ground, finish(), days=2)

    worker.expire()

    bells = [(bell.queue, bell.errand) for bell in Keeper(ground).go_round()]
    assert (Queue.MAINTENANCE, Errand.SWEEP) in bells
    worker.hear(Queue.MAINTENANCE, Errand.SWEEP)
    assert eventually(lambda: files(tmp_path) == [] and doomed(ground) == [])


class Away(FolderStore):
    """A store that fails to delete, or of which it cannot be said that it did."""

    def __init__(self, root: str, *, dies_after: bool) -> None:
        super().__init__(root)
        self.dies_after = dies_after

    def delete(self, key: str) -> None:
        """Fail."""
        if self.dies_after:
            super().delete(key)
        raise StorageUnavailable


@pytest.mark.parametrize("dies_after", [False, True])
def test_a_file_that_could_not_be_removed_is_gone_for_callers_and_removed_later(
    ground: Ground, api: Api, finish: Finish, tmp_path: Path, *, dies_after: bool
) -> None:
    [artifact] = finish()["artifacts"]
    away = replace(ground, store=Away(f"{tmp_path}/storage", dies_after=dies_after))
    assert api.delete(f"/v1/artifacts/{artifact['id']}").status_code == 204
    with pytest.raises(StorageUnavailable):
        unwanted.sweep(away)

    assert content(api, artifact["id"]).status_code == 410
    assert len(doomed(ground)) == 1
    assert unwanted.sweep(ground) == 0  # not before a while
    with ground.transaction() as session:
        session.execute(update(UnwantedObject).values(due_at=clock.now()))
    assert unwanted.sweep(ground) == 1
    assert (files(tmp_path), doomed(ground)) == ([], [])


def test_deleting_a_file_leaves_the_job_which_says_so(
    ground: Ground, api: Api, finish: Finish
) -> None:
    job = finish()
    [artifact] = job["artifacts"]

    first = api.delete(f"/v1/artifacts/{artifact['id']}")
    shown = api.job(job["id"])
    second = api.delete(f"/v1/artifacts/{artifact['id']}")

    assert (first.status_code, first.data) == (204, b"")
    assert second.status_code == 204
    [after] = shown["artifacts"]
    assert (after["url"], after["expired_at"]) == (None, None)
    assert after["deleted_at"] is not None
    assert after == artifact | {
        "url": None,
        "thumbnail_url": None,
        "deleted_at": after["deleted_at"],
    }
    assert api.job(job["id"]) == shown
    assert api.http.get(artifact["url"].removeprefix(PUBLIC_URL)).status_code == 410


def test_deleting_a_job_leaves_nothing_of_it(
    ground: Ground, api: Api, finish: Finish, count_rows: CountRows, tmp_path: Path
) -> None:
    before = count_rows()
    job = finish(webhook="http://127.0.0.1:9/")

    assert api.delete(f"/v1/jobs/{job['id']}").status_code == 204

    left = gained(before, count_rows())
    assert not {"jobs", "job_events", "attempts", "artifacts", "webhook_deliveries"} & set(left)
    assert api.get(f"/v1/jobs/{job['id']}").json["code"] == "job_not_found"
    assert api.post(f"/v1/jobs/{job['id']}/retry").json["code"] == "job_not_found"
    assert api.delete(f"/v1/jobs/{job['id']}").status_code == 404
    assert content(api, job["artifacts"][0]["id"]).status_code == 404
    unwanted.sweep(ground)
    assert files(tmp_path) == []


def test_a_job_may_be_deleted_while_its_webhook_is_being_sent(
    api: Api,
    ground: Ground,
    finish: Finish,
    worker: WorkerProcess,
    webhook: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    job = finish(webhook=webhook.url)
    take = webhook.take

    def take_and_delete(one: Received) -> int:
        with ground.transaction() as session:
            deletion.delete_job(session, account_id=api.caller.account.id, job_id=job["id"])
        return take(one)

    monkeypatch.setattr(webhook, "take", take_and_delete)
    worker.hear(Queue.WEBHOOK, Errand.DELIVER)
    webhook.wait_for(1)
    worker.stop()

    assert "left to the keeper" not in capsys.readouterr().out
    assert api.get(f"/v1/jobs/{job['id']}").status_code == 404


def test_a_job_that_is_not_over_cannot_be_deleted(api: Api) -> None:
    job = api.submit()

    answer = api.delete(f"/v1/jobs/{job['id']}")

    assert (answer.status_code, answer.json["code"]) == (409, "job_is_not_over")
    assert api.job(job["id"])["status"] == "queued"


def test_what_belongs_to_another_cannot_be_deleted(
    ground: Ground, api: Api, finish: Finish, make_caller: MakeCaller
) -> None:
    job = finish()
    other = Api(api.http, make_caller("bob"))

    of_job = other.delete(f"/v1/jobs/{job['id']}")
    of_file = other.delete(f"/v1/artifacts/{job['artifacts'][0]['id']}")

    assert (of_job.status_code, of_job.json["code"]) == (404, "job_not_found")
    assert (of_file.status_code, of_file.json["code"]) == (404, "artifact_not_found")
    assert api.job(job["id"]) == job


@pytest.mark.parametrize("path", ["jobs/x", "jobs/job_%00", "artifacts/x", "artifacts/art_%00"])
def test_what_is_no_id_is_not_there(api: Api, path: str) -> None:
    assert api.delete(f"/v1/{path}").status_code == 404


def test_a_retry_outlives_the_job_that_it_makes_anew(api: Api, finish: Finish) -> None:
    first = finish()
    again = api.post(f"/v1/jobs/{first['id']}/retry").json

    api.delete(f"/v1/jobs/{first['id']}")

    assert api.job(again["id"])["retry_of"] is None


def test_a_request_sent_again_makes_nothing_anew_though_its_job_was_deleted(
    api: Api, finish: Finish, count_rows: CountRows
) -> None:
    named = {"headers": {"Idempotency-Key": "once"}}
    body = {"kind": "image", "input": {"prompt": "a fox", "width": 64, "height": 64}}
    first = api.post("/v1/jobs", body, **named)
    assert api.post(f"/v1/jobs/{first.json['id']}/cancel").status_code == 200
    assert api.delete(f"/v1/jobs/{first.json['id']}").status_code == 204

    again = api.post("/v1/jobs", body, **named)
    held = api.post("/v1/jobs", body, headers=named["headers"] | {"Prefer": "wait=30"})

    assert (again.status_code, again.json) == (202, first.json)
    assert (held.status_code, held.json["code"]) == (404, "job_not_found")
    assert count_rows()["jobs"] == 0


def test_a_job_and_its_file_can_be_deleted_at_the_same_time(
    ground: Ground, caller: Caller, finish: Finish
) -> None:
    account_id = caller.account.id

    def delete_job(job: dict[str, Any]) -> None:
        with ground.transaction() as session:
            deletion.delete_job(session, account_id=account_id, job_id=job["id"])

    def delete_artifact(job: dict[str, Any]) -> None:
        artifact_id = job["artifacts"][0]["id"]
        with suppress(ArtifactNotFound), ground.transaction() as session:
            deletion.delete_artifact(session, account_id=account_id, artifact_id=artifact_id)

    for _ in range(10):
        job = finish()
        with ThreadPoolExecutor(2) as both:
            done = [both.submit(one, job) for one in (delete_job, delete_artifact)]
        for one in done:
            one.result()

    assert len(doomed(ground)) == 10


@pytest.fixture
def command(ground: Ground, migrated: Servers, tmp_path: Path) -> Callable[..., Result]:
    """Runs `limner` beside this server."""
    surroundings = {
        "LIMNER_DATABASE_URL": migrated.database_url,
        "LIMNER_BROKER_URL": migrated.broker_url,
        "LIMNER_STORAGE_URL": f"folder://{tmp_path}/storage",
        "LIMNER_PUBLIC_URL": PUBLIC_URL,
        "LIMNER_SECRET_KEY": "a secret of at least 32 characters",
    }
    return lambda *words: CliRunner(env=surroundings).invoke(limner, words)


def test_prune_says_what_it_would_do_and_does_it(
    command: Callable[..., Result],
    api: Api,
    finish: Finish,
    ground: Ground,
    keep: Keep,
    tmp_path: Path,
) -> None:
    keep(artifact_days=1, job_days=2)
    kept = aged(ground, finish(), days=1.5)
    gone = aged(ground, finish(), days=3)

    told, done, again = command("prune", "--dry-run"), command("prune"), command("prune")

    assert told.output.startswith("Would be let go: 1 jobs, 2 artifacts, 0 uploads; ")
    assert done.output.startswith("Let go: 1 jobs, 2 artifacts, 0 uploads; ")
    assert done.output.endswith("Removed from the storage: 2 objects.\n")
    assert again.output.startswith("Let go: 0 jobs, 0 artifacts, 0 uploads; 0 bytes.")
    assert api.job(kept)["artifacts"][0]["expired_at"] is not None
    assert api.get(f"/v1/jobs/{gone}").status_code == 404
    assert files(tmp_path) == []


def test_the_doctor_tells_of_what_is_overdue(
    command: Callable[..., Result], finish: Finish, ground: Ground, keep: Keep
) -> None:
    keep(artifact_days=1)
    aged(ground, finish(), days=1.01)
    assert "nothing is kept for longer than plans say" in command("doctor").output

    aged(ground, finish(), days=1.1)

    assert (
        "overdue for an hour: 0 jobs, 1 artifacts, 0 uploads, and 0 objects"
        in command("doctor").output
    )
