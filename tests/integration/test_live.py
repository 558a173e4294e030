"""Whoever follows a job, or an account, is told what happens, and misses nothing."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import redis
from sqlalchemy import text
from sqlalchemy.orm import Session

from api.ground import IS_STOPPING
from shared import clock
from shared.errors import ProviderBusy
from shared.ground import Ground
from shared.jobs import lifecycle, requests, submission
from shared.jobs.feed import Horizon
from shared.jobs.tables import Job
from tests.conftest import Api, Caller, MakeCaller
from tests.integration.conftest import MakeApi, MakeGround
from tests.support import jobs
from tests.support.patience import eventually

ACCOUNT = "/v1/events"
READERS = {"lookout", "feeds"}


@dataclass(frozen=True)
class Told:
    """One event as it was sent."""

    number: int
    type: str
    job: dict[str, Any]


@dataclass
class Follower:
    """Somebody who follows a stream, in the background."""

    response: Any
    told: list[Told] = field(default_factory=list)
    begins_at: int | None = None
    comments: int = 0
    is_over: bool = False

    def run(self) -> None:
        """Take what is sent until the stream ends."""
        for chunk in self.response.iter_encoded():
            self._take(chunk.decode())
        self.response.close()
        self.is_over = True

    def _take(self, message: str) -> None:
        assert message.endswith("\n\n")
        fields = dict(line.split(": ", 1) for line in message.strip().split("\n") if ": " in line)
        if "data" in fields:
            number, data = int(fields["id"]), json.loads(fields["data"])
            self.told.append(Told(number, fields["event"], data))
        elif "id" in fields:
            self.begins_at = int(fields["id"])
        else:
            self.comments += 1

    @property
    def types(self) -> list[str]:
        """What was told, in order."""
        return [one.type.removeprefix("job.") for one in self.told]

    @property
    def has_begun(self) -> bool:
        """Say whether it is known from where on everything is told."""
        return self.begins_at is not None


Follow = Callable[..., Follower]


@pytest.fixture
def follow(ground: Ground) -> Iterator[Follow]:
    """Follows streams in the background, at most until the server under test is closed."""
    threads: list[threading.Thread] = []
    grounds = [ground]

    def start(api: Api, path: str, *, after: int | None = None, on: Ground = ground) -> Follower:
        response = ask(api, path, after)
        assert response.status_code == 200, response.json
        assert response.mimetype == "text/event-stream"
        follower = Follower(response)
        threads.append(threading.Thread(target=follower.run))
        threads[-1].start()
        grounds.append(on)
        return follower

    yield start
    for one in grounds:
        one.broker.close()
    # Those who read for the followers end too, before the database is closed under them.
    for thread in [*threads, *(one for one in threading.enumerate() if one.name in READERS)]:
        thread.join(20)
        assert not thread.is_alive()


def ask(api: Api, path: str, after: int | str | None = None) -> Any:
    """Ask for a stream over a connection of its own."""
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    own = Api(api.http.application.test_client(), api.caller)
    return own.get(path, headers=headers, buffered=False)


def of_job(job: Job | dict[str, Any]) -> str:
    """Return where a job's events are."""
    return f"/v1/jobs/{job['id'] if isinstance(job, dict) else job.id}/events"


def succeed(ground: Ground, job: Job) -> None:
    with ground.transaction() as session:
        lifecycle.succeed(session, job, provider="test", artifacts=[])


def progress(ground: Ground, job: Job, per_cent: float) -> None:
    row = {job.id: (job.lease, per_cent)}
    with ground.transaction() as session:
        lifecycle.renew(session, row, lease=jobs.LEASE, apart=timedelta())


def submit_in(session: Session, ground: Ground, account_id: str) -> str:
    """Submit a job in a transaction that may stay open; returns its id."""
    draft = requests.read({"kind": "image", "input": {"prompt": "x"}}, ground.catalog)
    job = submission.submit(session, account_id=account_id, origin="test", draft=draft)
    return job.id


def test_a_job_is_followed_from_its_beginning_to_its_end(
    api: Api, ground: Ground, caller: Caller, follow: Follow
) -> None:
    job = jobs.submit(ground, caller.account.id)
    follower = follow(api, of_job(job))
    assert eventually(lambda: follower.types == ["queued"])

    [claimed] = jobs.claim(ground)
    assert eventually(lambda: follower.types == ["queued", "started"])
    progress(ground, claimed, 40.0)
    assert eventually(lambda: follower.types == ["queued", "started", "progress"])
    succeed(ground, claimed)

    assert eventually(lambda: follower.is_over)
    assert follower.types == ["queued", "started", "progress", "succeeded"]
    assert [one.job["status"] for one in follower.told] == [
        "queued", "running", "running", "succeeded"
    ]  # fmt: skip
    assert [one.job["progress"] for one in follower.told] == [0, 0, 40, 100]
    assert follower.told[-1].job == jobs.as_one_of_many(api.job(job.id))


def test_what_is_told_later_is_told_as_it_was(
    api: Api, ground: Ground, caller: Caller, follow: Follow
) -> None:
    job = jobs.submit(ground, caller.account.id)
    live = follow(api, of_job(job))
    for step in (jobs.claim(ground)[0],):
        assert eventually(lambda: live.types == ["queued", "started"])
        succeed(ground, step)
    assert eventually(lambda: live.is_over)

    replayed = follow(api, of_job(job))

    assert eventually(lambda: replayed.is_over)
    assert replayed.told == live.told


def test_a_job_that_is_tried_again_is_queued_and_started_again(
    api: Api, ground: Ground, caller: Caller, follow: Follow
) -> None:
    job = jobs.submit(ground, caller.account.id)
    [claimed] = jobs.claim(ground)
    with ground.transaction() as session:
        lifecycle.retry(session, claimed, due_at=clock.now(), error=ProviderBusy())
    jobs.claim(ground)

    follower = follow(api, of_job(job))

    assert eventually(lambda: follower.types == ["queued", "started", "queued", "started"])
    assert [one.job["waiting_for"] for one in follower.told] == [None, None, "retry", None]


def test_progress_is_told_by_tenths(
    api: Api, ground: Ground, caller: Caller, follow: Follow
) -> None:
    job = jobs.submit(ground, caller.account.id)
    [claimed] = jobs.claim(ground)
    for per_cent in (4.0, 12.0, 15.0, 15.0, 38.0):
        progress(ground, claimed, per_cent)
    succeed(ground, claimed)

    follower = follow(api, of_job(job))

    assert eventually(lambda: follower.is_over)
    told = [one.job["progress"] for one in follower.told if one.type == "job.progress"]
    assert told == [12, 38]


def test_a_job_is_followed_from_where_it_was_left(
    api: Api, ground: Ground, caller: Caller, follow: Follow
) -> None:
    job = jobs.submit(ground, caller.account.id)
    [claimed] = jobs.claim(ground)
    first = follow(api, of_job(job))
    assert eventually(lambda: len(first.told) == 2)

    second = follow(api, of_job(job), after=first.told[0].number)
    succeed(ground, claimed)

    assert eventually(lambda: second.is_over)
    assert second.types == ["started", "succeeded"]


def test_who_has_seen_the_end_need_not_come_back(
    api: Api, ground: Ground, caller: Caller, follow: Follow
) -> None:
    job = jobs.submit(ground, caller.account.id)
    api.post(f"/v1/jobs/{job.id}/cancel")
    follower = follow(api, of_job(job))
    assert eventually(lambda: follower.types == ["queued", "canceled"])

    assert ask(api, of_job(job), follower.told[-1].number).status_code == 204


def test_an_account_is_told_of_all_its_jobs_from_now_on_and_of_no_other(
    api: Api, ground: Ground, caller: Caller, make_caller: MakeCaller, follow: Follow
) -> None:
    jobs.submit(ground, caller.account.id)
    bob = make_caller("bob")
    mine, theirs = follow(api, ACCOUNT), follow(Api(api.http, bob), ACCOUNT)
    assert eventually(lambda: mine.has_begun and theirs.has_begun)

    his = jobs.submit(ground, bob.account.id)
    first, second = (jobs.submit(ground, caller.account.id) for _ in range(2))
    api.post(f"/v1/jobs/{first.id}/cancel")

    assert eventually(lambda: len(mine.told) == 3 and len(theirs.told) == 1)
    assert [(one.type, one.job["id"]) for one in mine.told] == [
        ("job.queued", first.id),
        ("job.queued", second.id),
        ("job.canceled", first.id),
    ]
    assert theirs.told[0].job["id"] == his.id


def test_an_account_misses_nothing_between_two_connections(
    api: Api, ground: Ground, caller: Caller, follow: Follow
) -> None:
    first = follow(api, ACCOUNT)
    assert eventually(lambda: first.has_begun)
    between = [jobs.submit(ground, caller.account.id).id for _ in range(3)]

    second = follow(api, ACCOUNT, after=first.begins_at)

    assert eventually(lambda: [one.job["id"] for one in second.told] == between)


def test_who_is_far_behind_is_told_everything_in_order(
    api: Api, ground: Ground, caller: Caller, follow: Follow
) -> None:
    first = follow(api, ACCOUNT)
    assert eventually(lambda: first.has_begun)
    draft = requests.read({"kind": "image", "input": {"prompt": "x"}}, ground.catalog)
    with ground.transaction() as session:
        submitted = submission.submit_many(
            session, account_id=caller.account.id, origin="test", drafts=[draft] * 420
        )

    second = follow(api, ACCOUNT, after=first.begins_at)

    expected = [job.id for job in submitted if isinstance(job, Job)]
    for one in (first, second):
        assert eventually(lambda: len(one.told) == 420)  # noqa: B023 - called at once
        assert [told.job["id"] for told in one.told] == expected


def test_what_is_committed_late_is_told_nevertheless(
    api: Api, ground: Ground, caller: Caller, make_caller: MakeCaller, follow: Follow
) -> None:
    bob = make_caller("bob")
    mine, his = follow(api, ACCOUNT), follow(Api(api.http, bob), ACCOUNT)
    assert eventually(lambda: mine.has_begun and his.has_begun)

    with ground.transaction() as session:
        early = submit_in(session, ground, caller.account.id)
        # Bob's is seen at once by everybody, and yet is not told before what may still come.
        late = jobs.submit(ground, bob.account.id)
        followed = follow(Api(api.http, bob), of_job(late))
        assert eventually(lambda: followed.types == ["queued"])
        assert his.told == []

    assert eventually(lambda: len(mine.told) == 1 and len(his.told) == 1)
    assert (mine.told[0].job["id"], his.told[0].job["id"]) == (early, late.id)
    assert mine.told[0].number < his.told[0].number


def test_the_horizon_stays_below_whoever_is_still_under_way(
    ground: Ground, caller: Caller, make_caller: MakeCaller
) -> None:
    bob, horizon = make_caller("bob"), Horizon()
    with ExitStack() as first:
        older = first.enter_context(ground.transaction())
        older.execute(text("SELECT pg_current_xact_id()"))
        with ground.transaction() as younger:
            # It draws its number first, with the id that is the greater of the two.
            submit_in(younger, ground, caller.account.id)
            number = younger.scalar(text("SELECT max(id) FROM job_events"))
            submit_in(older, ground, bob.account.id)
            first.close()
            for _ in range(3):
                with ground.reading() as session:
                    horizon.look(session)
                assert horizon.number is None or horizon.number < number
            assert horizon.is_behind

    with ground.reading() as session:
        horizon.look(session)
    assert (horizon.number, horizon.is_behind) == (number + 1, False)


def test_events_come_while_the_broker_is_away(
    make_ground: MakeGround,
    make_api: MakeApi,
    caller: Caller,
    follow: Follow,
    no_broker: str,
) -> None:
    cut_off = make_ground(LIMNER_BROKER_URL=no_broker)
    api = make_api(cut_off)
    of_account = follow(api, ACCOUNT, on=cut_off)
    assert eventually(lambda: of_account.has_begun)
    job = jobs.submit(cut_off, caller.account.id)
    follower = follow(api, of_job(job), on=cut_off)

    api.post(f"/v1/jobs/{job.id}/cancel")

    assert eventually(lambda: follower.is_over and len(of_account.told) == 2)
    assert follower.types == of_account.types == ["queued", "canceled"]


def test_a_stream_ends_after_a_while_and_gives_its_place_back(
    make_ground: MakeGround, make_api: MakeApi, follow: Follow
) -> None:
    here = make_ground(LIMNER_STREAM_SECONDS="1", LIMNER_WEB_THREADS="2")  # room for one
    api = make_api(here)

    for _ in range(2):
        follower = follow(api, ACCOUNT, on=here)
        assert eventually(lambda: follower.is_over)  # noqa: B023 - called at once
        assert follower.has_begun


def test_who_finds_no_place_is_told_to_come_back(
    make_ground: MakeGround, make_api: MakeApi, follow: Follow
) -> None:
    here = make_ground(LIMNER_WEB_THREADS="2")
    api = make_api(here)
    follow(api, ACCOUNT, on=here)

    response = ask(api, ACCOUNT)

    assert (response.status_code, response.json["code"]) == (503, "no_place_to_wait")
    assert int(response.headers["Retry-After"]) >= 1


def test_who_goes_before_the_first_byte_leaves_no_place_taken(
    make_ground: MakeGround, make_api: MakeApi
) -> None:
    api = make_api(make_ground(LIMNER_WEB_THREADS="2"))

    for _ in range(3):
        response = ask(api, ACCOUNT)
        assert response.status_code == 200
        response.close()


def test_a_server_that_stops_lets_its_followers_go(api: Api, follow: Follow) -> None:
    follower = follow(api, ACCOUNT)
    assert eventually(lambda: follower.has_begun)

    api.http.application.config[IS_STOPPING] = lambda: True

    assert eventually(lambda: follower.is_over)


def test_followers_hold_no_connection_to_the_database(
    make_ground: MakeGround, make_api: MakeApi, caller: Caller, follow: Follow
) -> None:
    here = make_ground(LIMNER_DATABASE_POOL_SIZE="1")
    api = make_api(here)
    followers = [follow(api, ACCOUNT, on=here) for _ in range(5)]

    job = jobs.submit(here, caller.account.id)

    assert eventually(lambda: all(one.types == ["queued"] for one in followers))
    assert api.job(job.id)["status"] == "queued"


def test_a_process_listens_once_for_all_who_are_held(
    api: Api, ground: Ground, follow: Follow
) -> None:
    before = listeners(ground)
    followers = [follow(api, ACCOUNT) for _ in range(3)]
    with ThreadPoolExecutor(3) as executor:
        body = {"kind": "image", "input": {"prompt": "x"}}
        own = [Api(api.http.application.test_client(), api.caller) for _ in range(3)]
        for one in own:
            executor.submit(one.post, "/v1/jobs", json=body, headers={"Prefer": "wait=3"})
        assert eventually(lambda: all(one.has_begun for one in followers))
        assert eventually(lambda: listeners(ground) == before + 1)


def listeners(ground: Ground) -> int:
    with redis.Redis.from_url(ground.settings.broker.url) as client:
        return int(client.pubsub_numsub("limner:news")[0][1])


@pytest.mark.parametrize("path", [ACCOUNT, "/v1/jobs/job_unknown/events"])
@pytest.mark.parametrize("nonsense", ["x", "-1", "1.5", "9" * 19])
def test_a_number_that_is_none_is_refused(api: Api, path: str, nonsense: str) -> None:
    response = ask(api, path, nonsense)

    assert response.status_code == 422
    assert response.json["errors"][0]["path"] == "header.Last-Event-ID"


def test_the_job_of_somebody_else_is_not_followed(
    api: Api, ground: Ground, make_caller: MakeCaller
) -> None:
    job = jobs.submit(ground, make_caller("bob").account.id)

    assert ask(api, of_job(job)).status_code == 404
