"""IMG Processing's contract: images are made from words, files and addresses, while one waits."""

import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import ExifTags, Image

from shared import clock
from shared.accounts import keys, ledger, register
from shared.accounts.keys import Powers
from shared.accounts.tables import Account
from shared.ground import Ground
from shared.jobs.audit import oddities
from shared.jobs.status import Queue
from shared.library.tables import LibraryImage
from shared.retention import expiry
from tests.conftest import PUBLIC_URL, Api, Caller
from tests.integration.conftest import AtWork, CountRows, MakeApi, MakeGround
from tests.integration.test_webhook_endpoints import deliver
from tests.support import site
from tests.support.imgprocessing import (
    FOX,
    IMAGES,
    changed,
    fields_of,
    file_of,
    made,
    opened,
    their,
    told,
    upload,
    uploaded,
)
from tests.support.media import picture
from tests.support.patience import eventually
from tests.support.receiver import Receiver
from tests.support.site import Site
from workers.process import WorkerProcess

IMAGINE = f"{IMAGES}/imagine"
USAGE = "X-Image-Processing-Usage"
MEBIBYTE = 1024 * 1024

MakeKey = Callable[..., Api]


@pytest.fixture
def img(api: Api) -> Api:
    """The API as their clients call it."""
    return their(api)


@pytest.fixture
def busy(img: Api, ground: Ground, at_work: AtWork) -> Iterator[Api]:
    """The same, with a worker behind it."""
    with at_work(ground):
        yield img


@pytest.fixture
def hasty(make_ground: MakeGround, make_api: MakeApi) -> Api:
    """The API of a server that holds nobody, and with no worker behind it."""
    return their(make_api(make_ground(LIMNER_HOLD_IMAGE_SECONDS="0")))


@pytest.fixture
def pages() -> Iterator[Site]:
    """A web site with pictures."""
    with site.online() as found:
        yield found


@pytest.fixture
def make_key(http: FlaskClient, ground: Ground, caller: Caller) -> MakeKey:
    """Makes the caller further keys, and returns the API with them."""

    def make(**powers: Any) -> Api:
        with ground.transaction() as session:
            owner = session.get_one(Account, caller.account.id)
            _, key = keys.create(session, owner, name="", powers=Powers(**powers))
        return their(Api(http, Caller(caller.account, key)))

    return make


def give(ground: Ground, caller: Caller, credits: int) -> None:
    """Leave the account exactly so many credits."""
    with ground.transaction() as session:
        account = register.get_account(session, caller.account.id)
        ledger.credit(session, account.id, credits - account.balance, note="for the test")


def credits_of(api: Api) -> int:
    return int(api.get("/v1/account").json["available"])


def is_accepted(response: Any) -> bool:
    """Say whether a server that holds nobody has taken the request on."""
    return bool(told(response, 503, "service-unavailable")["code"] == "still_making")


def test_an_image_is_made_from_words_and_published(api: Api, busy: Api, ground: Ground) -> None:
    give(ground, api.caller, 100)

    response = busy.post(IMAGINE, json=FOX)

    image = made(response)
    assert response.headers[USAGE] == "1"
    assert (image["name"], image["url"]) == ("fox-header", None)
    assert (image["width"], image["height"], image["format"]) == (1024, 1024, "jpeg")
    assert opened(busy, image).format == "JPEG"
    published = busy.post(f"{IMAGES}/{image['id']}/publish")
    assert made(published) == image | {"url": f"{PUBLIC_URL}/images/{image['id']}"}
    assert credits_of(api) == 95
    [job] = api.get("/v1/jobs").json["data"]
    assert (job["kind"], job["model"], job["cost"]) == ("image", "flux", 5)
    with ground.transaction() as session:
        assert list(oddities(session, ground.catalog)) == []


def test_two_faults_are_told_at_once_in_their_words(
    img: Api, api: Api, count_rows: CountRows
) -> None:
    before = count_rows()
    wanted = {"name": "this name is far too long for the dashboard", "prompt": "x", "seed": 42.1}

    response = img.post(IMAGINE, json=wanted)

    body = told(response, 422, "validation-error")
    assert body | {"code": ...} == {
        "type": f"{PUBLIC_URL}/errors/validation-error",
        "title": "Validation Error",
        "error": "Validation Error",
        "status": 422,
        "message": "2 fields are not valid.",
        "errors": ["name: must be 1 to 30 characters", "seed: must be a whole number"],
        "invalid": {
            "name": ["must be 1 to 30 characters"],
            "seed": ["must be a whole number"],
        },
        "code": ...,
    }
    assert response.headers["x-should-retry"] == "false"
    assert count_rows() == before


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "x"},
        {"name": "x" * 30, "prompt": "y" * 1_000, "negative_prompt": "z" * 1_000},
        {"seed": 0},
        {"seed": 2**53 - 1},
        {"seed": None, "negative_prompt": None, "model": None},
        {"model": "sdxl"},
        {"model": "flux", "negative_prompt": "text"},
        {"unknown": [1, 2]},
    ],
)
def test_what_is_within_the_limits_is_taken(
    hasty: Api, count_rows: CountRows, fields: dict[str, Any]
) -> None:
    assert is_accepted(hasty.post(IMAGINE, json={"name": "a", "prompt": "b"} | fields))
    assert count_rows()["library_images"] == 1


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"name": ""}, {"name"}),
        ({"name": None, "prompt": None}, {"name", "prompt"}),
        ({"name": "x" * 31, "prompt": "y" * 1_001}, {"name", "prompt"}),
        ({"prompt": ""}, {"prompt"}),
        ({"prompt": "  "}, {"prompt"}),
        ({"negative_prompt": ""}, {"negative_prompt"}),
        ({"negative_prompt": "z" * 1_001}, {"negative_prompt"}),
        ({"seed": -1}, {"seed"}),
        ({"seed": 2**53}, {"seed"}),
        ({"seed": "1"}, {"seed"}),
        ({"seed": True}, {"seed"}),
        ({"model": "dall-e"}, {"model"}),
        ({"name": 7, "prompt": ["x"], "model": 1}, {"name", "prompt", "model"}),
        ({"name": "a\x00b"}, {"name"}),
        ({"callback_url": "ftp://example.org"}, {"callback_url"}),
    ],
)
def test_what_is_beyond_the_limits_is_named(
    img: Api, count_rows: CountRows, fields: dict[str, Any], named: set[str]
) -> None:
    assert fields_of(img.post(IMAGINE, json={"name": "a", "prompt": "b"} | fields)) == named
    assert count_rows()["jobs"] == 0


def test_the_same_seed_makes_the_same_picture(busy: Api) -> None:
    wanted = {"name": "a", "prompt": "a quiet harbour", "seed": 2**32 + 5}

    first = made(busy.post(IMAGINE, json=wanted))
    second = made(busy.post(IMAGINE, json=wanted | {"name": "b", "seed": 5}))

    assert first["id"] != second["id"]
    assert file_of(busy, first) == file_of(busy, second)


@pytest.mark.parametrize(
    ("headers", "is_let_in"),
    [
        ({"x-api-key": "{key}"}, True),
        ({"X-API-Key": " {key} "}, True),
        ({"Authorization": "Bearer {key}"}, True),
        ({"x-api-key": "Bearer {key}"}, False),
        ({"x-api-key": "wrong", "Authorization": "Bearer {key}"}, False),
        ({"x-api-key": ""}, False),
        ({}, False),
    ],
)
def test_a_key_is_shown_in_their_header(
    api: Api, headers: dict[str, str], *, is_let_in: bool
) -> None:
    given = {name: text.format(key=api.caller.key) for name, text in headers.items()}

    response = api.http.get(IMAGES, headers=given)

    assert response.status_code == (200 if is_let_in else 401)
    if not is_let_in:
        body = told(response, 401, "unauthorized")
        assert body["message"] == "You are not authorized to access this resource."
        assert response.headers["x-should-retry"] == "false"


def test_their_header_opens_no_other_contract(img: Api) -> None:
    for path in ("/v1/jobs", "/api/v1/projects", "/v1/account"):
        assert img.get(path).status_code == 401


def test_keys_as_their_clients_demand_them_open(make_key: MakeKey) -> None:
    live, test = make_key(plain_prefix=True), make_key(plain_prefix=True, is_test=True)

    assert live.caller.key.startswith("live_")
    assert test.caller.key.startswith("test_")
    assert [one.get(IMAGES).status_code for one in (live, test)] == [200, 200]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_file_becomes_an_image_as_it_is(
    api: Api, busy: Api, ground: Ground, count_rows: CountRows, kind: str
) -> None:
    give(ground, api.caller, 100)
    content = picture(60, 40, format=kind)

    response = upload(busy, content, name="x" * 30)

    image = made(response)
    assert response.headers[USAGE] == "1"
    assert (image["name"], image["url"], image["format"]) == ("x" * 30, None, kind.lower())
    assert (image["width"], image["height"]) == (60, 40)
    assert file_of(busy, image) == content
    assert credits_of(api) == 99
    # It is kept once.
    assert count_rows()["uploads"] == 0


def test_a_picture_on_its_side_becomes_upright(busy: Api) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    buffer = io.BytesIO()
    Image.new("RGB", (60, 40), "teal").save(buffer, "JPEG", exif=exif)

    image = uploaded(busy, buffer.getvalue())

    assert (image["width"], image["height"]) == (40, 60)
    assert opened(busy, image).size == (40, 60)
    whole = made(changed(busy, image, "crop", x1=0, y1=0, x2=40, y2=60))
    assert (whole["width"], whole["height"]) == (40, 60)


@pytest.mark.parametrize(
    ("form", "named"),
    [
        ({"name": "logo"}, {"image"}),
        ({"image": (io.BytesIO(picture()), "a.png")}, {"name"}),
        ({"name": "x" * 31}, {"name", "image"}),
        ({"name": "a\x00b", "image": "no file"}, {"name", "image"}),
        ({}, {"name", "image"}),
    ],
)
def test_a_form_that_lacks_something_is_told_what(
    img: Api, count_rows: CountRows, form: dict[str, Any], named: set[str]
) -> None:
    response = img.post(f"{IMAGES}/upload", data=form, content_type="multipart/form-data")

    assert fields_of(response) == named
    assert count_rows()["jobs"] == 0


@pytest.mark.parametrize(
    "content", [picture(format="GIF"), b"no picture", b""], ids=["gif", "text", "empty"]
)
def test_a_file_of_another_type_is_refused(img: Api, count_rows: CountRows, content: bytes) -> None:
    before = count_rows()

    response = upload(img, content)

    told(response, 415, "unsupported-media-type")
    assert response.headers["x-should-retry"] == "false"
    assert count_rows() == before


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", None])
def test_what_is_no_form_is_refused(img: Api, kind: str | None) -> None:
    response = img.post(f"{IMAGES}/upload", data=b"{}", content_type=kind)

    told(response, 415, "unsupported-media-type")


def test_a_file_is_taken_up_to_their_limit(hasty: Api, count_rows: CountRows) -> None:
    content = picture() + bytes(20 * MEBIBYTE - len(picture()))

    assert is_accepted(upload(hasty, content))
    told(upload(hasty, content + b"\0"), 413, "payload-too-large")
    told(upload(hasty, content + bytes(MEBIBYTE)), 413, "payload-too-large")
    assert count_rows()["jobs"] == 1


def test_a_plan_may_take_less(hasty: Api, ground: Ground) -> None:
    limits: dict[str, int | None] = {"upload_megabytes": 1}
    with ground.transaction() as session:
        register.change(session, hasty.caller.account.id, ground.plans, overrides=limits)

    body = told(upload(hasty, picture() + bytes(1_000_000)), 413, "payload-too-large")

    assert body["message"] == "At most 1,000,000 bytes are taken."


def test_a_damaged_picture_is_told_and_costs_nothing(api: Api, busy: Api, ground: Ground) -> None:
    give(ground, api.caller, 100)

    response = upload(busy, picture(400, 300)[:200])

    body = told(response, 422, "validation-error")
    assert body["code"] == "input_unusable"
    assert body["errors"] == [body["message"]]
    assert response.headers["x-should-retry"] == "false"
    assert credits_of(api) == 100
    assert busy.get(IMAGES).json["data"] == []


@pytest.fixture
def open_ground(make_ground: MakeGround, pages: Site, tmp_path: Path) -> Ground:
    """A server that takes images from the web site, and may reach it."""
    host = pages.url.removeprefix("http://")
    (tmp_path / "imgprocessing.toml").write_text(f'origins = ["{host}"]')
    return make_ground(
        LIMNER_CONTRACTS=str(tmp_path),
        LIMNER_INPUT_ALLOW_NETWORKS="127.0.0.0/8",
        LIMNER_MAX_ATTEMPTS="1",
    )


def test_an_image_is_created_from_an_address(
    open_ground: Ground, make_api: MakeApi, at_work: AtWork, pages: Site, count_rows: CountRows
) -> None:
    img = their(make_api(open_ground))
    content = picture(80, 50, format="WEBP")

    with at_work(open_ground):
        response = img.post(IMAGES, json={"name": "a", "url": pages.put("a.webp", content)})

    image = made(response)
    assert response.headers[USAGE] == "1"
    assert (image["name"], image["format"], image["width"]) == ("a", "webp", 80)
    assert file_of(img, image) == content
    assert pages.asked == {"/a.webp": 1}
    assert count_rows()["uploads"] == 0


def test_the_configured_store_is_an_origin(
    make_ground: MakeGround, make_api: MakeApi, pages: Site
) -> None:
    own = make_ground(LIMNER_S3_ENDPOINT_URL=pages.url, LIMNER_HOLD_IMAGE_SECONDS="0")
    img = their(make_api(own))

    assert is_accepted(img.post(IMAGES, json={"name": "a", "url": f"{pages.url}/bucket/a.png"}))
    assert is_accepted(img.post(IMAGES, json={"name": "a", "url": f"{PUBLIC_URL}/images/x"}))


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"url": "https://example.org/a.png"}, {"url"}),
        ({"url": "https://s3.amazonaws.com.example.org/a.png"}, {"url"}),
        ({"url": "http://127.0.0.1:5432/"}, {"url"}),
        ({"url": "ftp://s3.amazonaws.com/a.png"}, {"url"}),
        ({"url": "a.png", "name": ""}, {"url", "name"}),
        ({"url": None, "name": None}, {"url", "name"}),
        ({"url": "https://s3.amazonaws.com/a b.png"}, {"url"}),
        ({"url": "data:image/png;base64,AAAA"}, {"url"}),
        ({"url": "upl_01jd3k8v9xf6tq2m5c7h0w4ezr"}, {"url"}),
        ({"url": 7}, {"url"}),
    ],
)
def test_other_addresses_are_refused(
    img: Api, count_rows: CountRows, fields: dict[str, Any], named: set[str]
) -> None:
    before = count_rows()

    assert fields_of(img.post(IMAGES, json={"name": "a"} | fields)) == named

    assert count_rows() == before


def test_an_address_inside_is_not_fetched_and_costs_nothing(
    make_ground: MakeGround, make_api: MakeApi, at_work: AtWork, pages: Site
) -> None:
    ground = make_ground(LIMNER_S3_ENDPOINT_URL=pages.url)
    api = make_api(ground)
    before = credits_of(api)

    with at_work(ground):
        response = their(api).post(IMAGES, json={"name": "a", "url": pages.put("a", picture())})

    body = told(response, 422, "validation-error")
    assert body["code"] == "address_refused"
    assert "127.0.0.1" not in body["message"]
    assert pages.asked == {}
    assert credits_of(api) == before


@pytest.mark.parametrize(
    ("content", "status", "slug", "code"),
    [
        (None, 422, "validation-error", "receiver_unreachable"),
        (b"no picture", 415, "unsupported-media-type", "unsupported_media"),
        (picture(format="GIF"), 415, "unsupported-media-type", "unsupported_media"),
    ],
    ids=["nothing", "text", "gif"],
)
def test_what_lies_at_an_address_may_be_no_picture(
    open_ground: Ground, make_api: MakeApi, at_work: AtWork, pages: Site,
    content: bytes | None, status: int, slug: str, code: str,
) -> None:  # fmt: skip
    img = their(make_api(open_ground))
    url = f"{pages.url}/none" if content is None else pages.put("a", content)

    with at_work(open_ground):
        response = img.post(IMAGES, json={"name": "a", "url": url})

    assert told(response, status, slug)["code"] == code
    assert response.headers["x-should-retry"] == "false"


@pytest.mark.parametrize("path", ["", "/imagine"])
@pytest.mark.parametrize("body", [b"", b"{", b'{"name": NaN}'])
def test_what_is_no_json_is_told(img: Api, path: str, body: bytes) -> None:
    response = img.post(f"{IMAGES}{path}", data=body, content_type="application/json")

    told(response, 400, "bad-request")


def test_who_waits_too_long_is_asked_to_send_it_again(
    hasty: Api, worker: WorkerProcess, count_rows: CountRows
) -> None:
    first = hasty.post(IMAGINE, json=FOX, headers={"X-Stainless-Retry-Count": "0"})

    body = told(first, 503, "service-unavailable")
    assert first.headers["Retry-After"] == "5"
    assert first.headers["x-should-retry"] == "true"
    path = f"{IMAGES}/{body['image_id']}"
    assert hasty.get(path).status_code == 404
    assert hasty.get(IMAGES).json["data"] == []
    again = hasty.post(IMAGINE, json=FOX, headers={"X-Stainless-Retry-Count": "1"})
    assert told(again, 503, "service-unavailable")["image_id"] == body["image_id"]
    worker.hear(Queue.IMAGE)
    assert eventually(lambda: hasty.get(path).status_code == 200)

    last = hasty.post(IMAGINE, json=FOX, headers={"X-Stainless-Retry-Count": "2"})

    assert made(last) == hasty.get(path).json
    assert last.headers[USAGE] == "1"
    assert count_rows()["jobs"] == 1


def test_a_repeat_finds_the_first_one_that_is_still_held(
    api: Api, img: Api, worker: WorkerProcess
) -> None:
    def ask(tries: int) -> Any:
        own = Api(img.http.application.test_client(), img.caller)
        return own.post(IMAGINE, json=FOX, headers={"X-Stainless-Retry-Count": str(tries)})

    with ThreadPoolExecutor(3) as executor:
        first = executor.submit(ask, 0)
        assert eventually(lambda: len(api.get("/v1/jobs").json["data"]) == 1)
        repeats = [executor.submit(ask, tries) for tries in (1, 2)]
        worker.hear(Queue.IMAGE)
        answers = [one.result(30) for one in (first, *repeats)]

    assert {made(one)["id"] for one in answers if one.status_code == 201} == {
        made(answers[0])["id"]
    }
    # Two at the very same moment: one of them is told to come again.
    assert {one.status_code for one in answers} <= {201, 409}
    assert len(api.get("/v1/jobs").json["data"]) == 1


def test_another_first_try_makes_another_image(hasty: Api, count_rows: CountRows) -> None:
    for _ in range(2):
        assert is_accepted(hasty.post(IMAGINE, json=FOX, headers={"X-Stainless-Retry-Count": "0"}))

    assert count_rows()["jobs"] == 2


def test_a_repeat_of_what_failed_is_told_the_same_and_makes_nothing(
    busy: Api, count_rows: CountRows
) -> None:
    broken = picture(400, 300)[:200]

    answers = [
        upload(busy, broken, headers={"X-Stainless-Retry-Count": str(tries)}) for tries in (0, 1)
    ]

    assert told(answers[0], 422, "validation-error") == answers[1].json
    assert count_rows()["jobs"] == 1


def test_a_form_that_is_written_anew_is_recognised(busy: Api, count_rows: CountRows) -> None:
    answers = [
        made(upload(busy, headers={"X-Stainless-Retry-Count": str(tries)})) for tries in (0, 1)
    ]
    other = made(upload(busy, name="other", headers={"X-Stainless-Retry-Count": "1"}))

    assert answers[0] == answers[1]
    assert other["id"] != answers[0]["id"]
    assert count_rows()["jobs"] == 2


def test_a_repeat_of_what_was_deleted_since_finds_nothing(busy: Api) -> None:
    image = made(upload(busy, headers={"Idempotency-Key": "once"}))
    assert busy.delete(f"{IMAGES}/{image['id']}").status_code == 204

    response = upload(busy, headers={"Idempotency-Key": "once"})

    told(response, 404, "not-found")
    assert response.json["message"] == f"Image with id {image['id']} not found."


def test_a_quota_that_is_gone_is_told_and_not_tried_again(
    img: Api, ground: Ground, count_rows: CountRows
) -> None:
    give(ground, img.caller, 0)
    before = count_rows()

    answers = [img.post(IMAGINE, json=FOX), upload(img)]

    for response in answers:
        told(response, 402, "quota-exceeded")
        assert response.headers["x-should-retry"] == "false"
    assert count_rows()["jobs"] == before["jobs"]
    assert count_rows()["library_images"] == 0


def test_who_asks_too_often_is_told_when_to_come_again(img: Api, ground: Ground) -> None:
    limits: dict[str, int | None] = {"requests_per_hour": 1}
    with ground.transaction() as session:
        register.change(session, img.caller.account.id, ground.plans, overrides=limits)

    first, second = (img.get(IMAGES) for _ in range(2))

    assert first.headers["X-RateLimit-Remaining"] == "0"
    body = told(second, 429, "rate-limit-error")
    assert body["title"] == "Rate Limit Exceeded"
    assert int(second.headers["Retry-After"]) > 60
    assert second.headers["x-should-retry"] == "false"


def test_a_callback_is_told_when_the_job_is_over(
    busy: Api, worker: WorkerProcess, webhook: Receiver
) -> None:
    image = uploaded(busy)

    made(changed(busy, image, "blur", callback_url=webhook.url))

    deliver(worker)
    assert eventually(lambda: len(webhook.received) == 1)


def test_a_key_for_tests_counts_nothing_and_marks_what_it_makes(
    api: Api, busy: Api, make_key: MakeKey
) -> None:
    tester, before = make_key(is_test=True), credits_of(api)
    grey = picture(300, 200, colour="#808080")

    source = upload(tester, grey)
    result = changed(tester, made(source), "mirror", mode="both")

    assert [one.headers[USAGE] for one in (source, result)] == ["0", "0"]
    assert file_of(tester, made(source)) == grey
    corner = opened(tester, made(result)).convert("L").crop((220, 170, 300, 200))
    rest = opened(tester, made(result)).convert("L").crop((0, 0, 300, 160))
    assert len(corner.getcolors() or []) > 1
    assert rest.getextrema() == (128, 128)
    live = opened(busy, made(changed(busy, uploaded(busy, grey), "mirror", mode="both")))
    assert live.convert("L").getextrema() == (128, 128)
    assert credits_of(api) == before - 2


def test_a_server_may_mark_nothing_and_count_what_is_published(
    make_ground: MakeGround, at_work: AtWork, make_key: MakeKey, make_api: MakeApi, tmp_path: Path
) -> None:
    (tmp_path / "imgprocessing.toml").write_text('test_mark = ""\npublishing_counts = true')
    ground = make_ground(LIMNER_CONTRACTS=str(tmp_path))
    live = their(make_api(ground))
    tester = Api(live.http, make_key(is_test=True).caller)

    with at_work(ground):
        result = made(changed(tester, uploaded(tester, picture(300, 200)), "mirror", mode="both"))
        image = uploaded(live)

    assert opened(tester, result).convert("L").getextrema() == (76, 76)
    assert live.post(f"{IMAGES}/{image['id']}/publish").headers[USAGE] == "1"
    assert tester.post(f"{IMAGES}/{result['id']}/publish").headers[USAGE] == "0"


def test_images_of_tests_are_let_go_in_time(busy: Api, ground: Ground, make_key: MakeKey) -> None:
    tester = make_key(is_test=True)
    image, kept = uploaded(tester), uploaded(busy)
    with ground.transaction() as session:
        row = session.get_one(LibraryImage, image["id"])
        assert row.expires_at is not None
        days = row.expires_at - clock.now()
        row.expires_at = clock.now()
        assert session.get_one(LibraryImage, kept["id"]).expires_at is None
    assert timedelta(days=89) < days <= timedelta(days=90)

    expiry.go_round(ground)

    told(tester.get(f"{IMAGES}/{image['id']}"), 404, "not-found")
    assert busy.get(f"{IMAGES}/{kept['id']}").status_code == 200
