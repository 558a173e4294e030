"""fal's adapter against the emulator: what it says in every state, and what it never does."""

import io
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from PIL import Image

from shared import clock
from shared.errors import (
    ContentRefused,
    NotSubmitted,
    OutcomeUnknown,
    ProviderBusy,
    ProviderFailed,
    ProviderLostJob,
    ProviderMisbehaved,
    ProviderMisconfigured,
    ProviderRefused,
    ProviderUnavailable,
    ServiceError,
)
from tests.support.emulator import Emulator, running
from tests.support.emulator.vendors.fal.queue import ERROR_TYPES
from workers.providers.base import (
    Accepted,
    Download,
    Finished,
    Order,
    Pending,
    Remote,
    Source,
    Ticket,
)
from workers.providers.remote.client import Client
from workers.providers.remote.fal import Fal
from workers.providers.remote.fal_input import MODELS, input_of

A_PICTURE = Source(
    content_type="image/png", link="https://example.org/fox.png", open=lambda: [b"never read"]
)


@pytest.fixture(scope="module")
def listening() -> Iterator[Emulator]:
    with running(seconds=0) as found:
        yield found


@pytest.fixture
def provider(listening: Emulator) -> Emulator:
    listening.reset()
    return listening


@pytest.fixture(scope="module")
def patient() -> Iterator[Client]:
    made = Client()
    yield made
    made.close()


@pytest.fixture
def fal(provider: Emulator, patient: Client) -> Fal:
    return adapter(provider, patient)


@pytest.fixture(scope="module")
def in_a_hurry() -> Iterator[Client]:
    made = Client(read_seconds=0.3, deadline_seconds=0.6)
    yield made
    made.close()


@pytest.fixture
def impatient(provider: Emulator, in_a_hurry: Client) -> Fal:
    """An adapter that does not wait long: only for answers that never come."""
    return adapter(provider, in_a_hurry)


def adapter(provider: Emulator, client: Client) -> Fal:
    """Return an adapter that speaks to the emulator."""
    return Fal(provider.key, provider.url, provider.api_url, client=client)


def order(route_model: str = "fal-ai/flux/dev", **of_input: Any) -> Order:
    """Return an order for a small picture."""
    given = {
        "prompt": "a red fox",
        "negative_prompt": "",
        "width": 96,
        "height": 64,
        "style": "natural",
        "format": "png",
        "seed": 7,
        "num_images": 1,
    }
    takes_image = "image_url" in MODELS.get(route_model, ())
    return Order(
        kind="image",
        operation="edit" if takes_image else "generate",
        model="flux",
        route_model=route_model,
        input=given | of_input,
        sources={"image": A_PICTURE} if takes_image else {},
    )


def submit(fal: Fal, **of_input: Any) -> Ticket:
    """Hand over an order and return its ticket."""
    return fal.submit(order(**of_input)).ticket


def outcome(fal: Fal, ticket: Ticket) -> Finished:
    """Poll until it is over."""
    until = time.monotonic() + 20
    while isinstance(answer := fal.poll(ticket), Pending):
        assert time.monotonic() < until
        time.sleep(0.01)
    return answer


def a_moment_ago() -> datetime:
    """Return a moment before anything in this test happened."""
    return clock.now() - timedelta(seconds=30)


def test_the_adapter_is_a_remote_provider(fal: Fal) -> None:
    remote: Remote = fal

    assert isinstance(remote.submit(order()), Accepted)


# What is asked for


def test_an_order_becomes_the_files_that_it_asked_for(fal: Fal, provider: Emulator) -> None:
    finished = outcome(fal, submit(fal, num_images=3, seed=41, width=120, height=80))

    assert [one.seed for one in finished.outputs] == [41, 42, 43]
    for one in finished.outputs:
        assert isinstance(one, Download)
        with Image.open(io.BytesIO(provider.download(one.url).data)) as image:
            assert (image.format, image.size) == ("PNG", (120, 80))
    assert provider.counts()["submits"] == 1
    assert provider.counts()["asked"]["keys_given_away"] == 0


@pytest.mark.parametrize("model", list(MODELS))
@pytest.mark.parametrize("style", ["natural", "vivid", "artistic"])
def test_every_model_understands_what_it_is_sent(fal: Fal, model: str, style: str) -> None:
    asked = order(model, style=style, negative_prompt="rain", num_images=2)

    assert len(outcome(fal, fal.submit(asked).ticket).outputs) == 2


@pytest.mark.parametrize(("asked", "sent"), [("png", "png"), ("jpeg", "jpeg"), ("webp", "png")])
def test_a_format_that_fal_does_not_write_is_asked_for_as_png(
    fal: Fal, provider: Emulator, asked: str, sent: str
) -> None:
    (output,) = outcome(fal, submit(fal, format=asked)).outputs

    assert isinstance(output, Download)
    assert provider.download(output.url).headers["Content-Type"] == f"image/{sent}"


def test_a_picture_to_start_from_is_sent_as_its_link() -> None:
    sent = input_of(order("fal-ai/flux-pro/kontext"))

    assert sent["image_url"] == "https://example.org/fox.png"


def test_only_models_that_take_a_negative_prompt_are_sent_one() -> None:
    stable = order("fal-ai/stable-diffusion-v35-large", negative_prompt="rain")

    assert input_of(stable)["negative_prompt"] == "rain"
    assert "negative_prompt" not in input_of(order(negative_prompt="rain"))
    assert "negative_prompt" not in input_of(
        replace(stable, input={**stable.input, "negative_prompt": ""})
    )


def test_several_prompts_are_sent_as_one_and_what_is_unwanted_beside() -> None:
    words = [
        {"text": "snow", "weight": -1},
        {"text": "a fox", "weight": 1},
        {"text": "b", "weight": 2},
    ]

    sent = input_of(
        order("fal-ai/stable-diffusion-v35-large", prompts=words, negative_prompt="rain")
    )

    assert (sent["prompt"], sent["negative_prompt"]) == ("b, a fox", "snow, rain")


def test_a_style_is_put_into_words() -> None:
    prompts = {
        style: input_of(order(style=style))["prompt"] for style in ("natural", "vivid", "artistic")
    }

    assert prompts["natural"] == "a red fox"
    assert prompts["vivid"].startswith("a red fox, vivid")
    assert prompts["artistic"].startswith("a red fox, artistic")


@pytest.mark.parametrize(
    ("width", "height", "ratio"),
    [(1024, 1024, "1:1"), (1920, 1080, "16:9"), (64, 2048, "9:16"), (1000, 1250, "4:5")],
)
def test_a_model_without_sizes_is_asked_for_the_nearest_ratio(
    width: int, height: int, ratio: str
) -> None:
    sent = input_of(order("fal-ai/nano-banana", width=width, height=height))

    assert sent["aspect_ratio"] == ratio
    assert "image_size" not in sent


def test_the_safety_checker_is_always_on() -> None:
    assert all(
        input_of(order(model))["enable_safety_checker"] is True
        for model, takes in MODELS.items()
        if "enable_safety_checker" in takes
    )


def test_a_model_that_this_server_does_not_know_is_never_asked_for(
    fal: Fal, provider: Emulator
) -> None:
    with pytest.raises(ProviderRefused):
        fal.submit(order("fal-ai/unheard-of"))

    assert "submit" not in provider.counts()["asked"]


# How it stands


def test_a_job_is_pending_until_it_is_over(fal: Fal, provider: Emulator) -> None:
    provider.pace(queued=0.3, seconds=0.3)
    ticket = submit(fal)

    assert fal.poll(ticket) == Pending()
    assert isinstance(outcome(fal, ticket), Finished)


def test_a_slow_answer_is_waited_for(fal: Fal, provider: Emulator) -> None:
    for operation in ("submit", "status", "result"):
        provider.fault("slow", on=operation, seconds=0.2)

    assert isinstance(outcome(fal, submit(fal)), Finished)
    assert provider.counts()["duplicates"] == 0


def test_a_status_that_nobody_knows_is_an_error(fal: Fal, provider: Emulator) -> None:
    provider.fault("unknown_status")

    with pytest.raises(ProviderMisbehaved, match="FROZEN"):
        fal.poll(submit(fal))


def test_a_finished_job_without_a_picture_is_an_error(fal: Fal, provider: Emulator) -> None:
    provider.fault("empty_images")

    with pytest.raises(ProviderMisbehaved):
        fal.poll(submit(fal))


def test_a_lost_job_is_lost_for_good(fal: Fal, provider: Emulator) -> None:
    ticket = submit(fal)
    provider.fault("lose")

    for _ in range(2):
        with pytest.raises(ProviderLostJob):
            fal.poll(ticket)


EXPECTED: dict[str, type[ServiceError]] = dict.fromkeys(ERROR_TYPES, ProviderFailed) | {
    "bad_request": ProviderRefused,
    "client_cancelled": ProviderRefused,
    "model_error": ProviderFailed,
    "value_error": ProviderRefused,
    "content_policy_violation": ContentRefused,
}


@pytest.mark.parametrize("moment", ["submit", "result"])
@pytest.mark.parametrize("kind", list(EXPECTED))
def test_a_job_that_failed_says_why(fal: Fal, provider: Emulator, kind: str, moment: str) -> None:
    provider.fault("error", type=kind, on=moment)
    ticket = submit(fal)

    with pytest.raises(ServiceError) as caught:
        fal.poll(ticket)

    assert type(caught.value) is EXPECTED[kind]


def test_a_refusal_carries_the_words_of_the_provider(fal: Fal, provider: Emulator) -> None:
    provider.fault("error", type="value_error")

    with pytest.raises(ProviderRefused, match=r"body\.image_size: The picture is too large"):
        fal.poll(submit(fal))


def test_an_input_that_the_model_does_not_take_is_refused(fal: Fal) -> None:
    with pytest.raises(ProviderRefused, match="num_images"):
        fal.poll(submit(fal, num_images=9))


@pytest.mark.parametrize("shape", ["error", "flag"])
def test_refused_content_is_never_a_success(fal: Fal, provider: Emulator, shape: str) -> None:
    provider.fault("refuse_content", shape=shape)

    with pytest.raises(ContentRefused):
        fal.poll(submit(fal))


@pytest.mark.parametrize("operation", ["status", "result"])
@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("500", ProviderUnavailable),
        ("429", ProviderBusy),
        ("garbage", ProviderUnavailable),
        ("cut_before", ProviderUnavailable),
        ("cut_after", ProviderUnavailable),
        ("hang", ProviderUnavailable),
    ],
)
def test_a_question_that_failed_says_nothing_about_the_job(
    impatient: Fal, provider: Emulator, operation: str, kind: str, error: type[ServiceError]
) -> None:
    ticket = submit(impatient)
    provider.fault(kind, on=operation)

    with pytest.raises(ServiceError) as caught:
        impatient.poll(ticket)

    assert type(caught.value) is error
    assert isinstance(outcome(impatient, ticket), Finished)


@pytest.mark.parametrize("code", [401, 402, 403])
def test_a_key_that_is_not_accepted_is_a_matter_of_settings(
    fal: Fal, provider: Emulator, code: int
) -> None:
    ticket = submit(fal)
    provider.fault("status", code=code)
    provider.fault("status", code=code, on="status")

    with pytest.raises(ProviderMisconfigured):
        submit(fal)
    with pytest.raises(ProviderMisconfigured):
        fal.poll(ticket)


def test_a_wrong_key_is_refused_and_not_repeated_in_the_message(provider: Emulator) -> None:
    with pytest.raises(ProviderMisconfigured) as caught:
        submit(Fal("wrong:secret", provider.url, provider.api_url))

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("key", ["", "id:secret\n", "id:gehéim"])
def test_a_key_that_no_header_can_carry_is_found_at_once(key: str) -> None:
    with pytest.raises(ProviderMisconfigured) as caught:
        Fal(key, "https://queue.fal.run", "https://api.fal.ai/v1")

    assert not key or key not in str(caught.value)


# Handing over


@pytest.mark.parametrize(("given", "wait"), [(None, None), (17, 17.0), (100_000, 600.0)])
def test_a_busy_provider_has_taken_nothing(
    fal: Fal, provider: Emulator, given: int | None, wait: float | None
) -> None:
    provider.fault("429", retry_after=given)

    with pytest.raises(ProviderBusy) as caught:
        submit(fal)

    assert caught.value.retry_after == wait
    assert provider.counts()["submits"] == 0


@pytest.mark.parametrize("code", [502, 504])
def test_what_fails_behind_fals_gateway_may_have_been_taken(
    fal: Fal, provider: Emulator, code: int
) -> None:
    provider.fault("status", code=code)

    with pytest.raises(OutcomeUnknown):
        submit(fal)


@pytest.mark.parametrize("code", [500, 503])
def test_a_failure_on_fals_side_is_free_and_may_be_tried_again(
    fal: Fal, provider: Emulator, code: int
) -> None:
    provider.fault("status", code=code, retry_after=3)

    with pytest.raises(ProviderUnavailable) as caught:
        submit(fal)

    assert caught.value.retry_after == 3
    assert provider.counts()["submits"] == 0


@pytest.mark.parametrize(
    ("code", "error"), [(404, ProviderRefused), (422, ProviderRefused), (408, OutcomeUnknown)]
)
def test_a_refused_order_is_not_a_lost_one(
    fal: Fal, provider: Emulator, code: int, error: type[ServiceError]
) -> None:
    provider.fault("status", code=code)

    with pytest.raises(error):
        submit(fal)


def test_a_provider_that_is_not_there_was_sent_nothing(patient: Client) -> None:
    with running() as gone:
        fal = adapter(gone, patient)

    with pytest.raises(NotSubmitted):
        submit(fal)


@pytest.mark.parametrize("kind", ["cut_after", "garbage", "hang"])
def test_an_order_whose_answer_was_lost_is_found_again(
    impatient: Fal, provider: Emulator, kind: str
) -> None:
    since = clock.now()
    others = [submit(impatient, seed=seed) for seed in (8, 9)]
    provider.fault(kind)

    with pytest.raises(OutcomeUnknown):
        submit(impatient)
    found = impatient.find(order(), since=since)

    assert found is not None
    (ticket,) = found
    assert ticket["id"] not in {one["id"] for one in others}
    assert isinstance(outcome(impatient, ticket), Finished)
    assert provider.counts()["submits"] == 3
    assert provider.counts()["duplicates"] == 0


def test_an_order_that_never_arrived_is_not_found(fal: Fal, provider: Emulator) -> None:
    submit(fal, seed=8)
    provider.fault("cut_before")

    with pytest.raises(OutcomeUnknown):
        submit(fal)

    assert fal.find(order(), since=a_moment_ago()) == []
    assert provider.counts()["submits"] == 1


def test_whatever_is_lost_no_order_is_paid_for_twice(fal: Fal, provider: Emulator) -> None:
    provider.fault("cut_after", share=0.3)
    provider.fault("cut_before", share=0.3)

    tickets = [ticket_at_last(fal, order(seed=seed)) for seed in range(60)]

    assert len({one["id"] for one in tickets}) == 60
    counts = provider.counts()
    assert (counts["submits"], counts["duplicates"]) == (60, 0)
    assert counts["asked"]["submit"] > 60


def ticket_at_last(fal: Fal, asked: Order) -> Ticket:
    """Hand over an order as a careful caller does."""
    while True:
        try:
            return fal.submit(asked).ticket
        except OutcomeUnknown:
            found = fal.find(asked, since=a_moment_ago())
            if found:
                return found[0]


# Finding again


def test_only_an_order_that_is_equal_in_everything_is_found(fal: Fal) -> None:
    ticket = submit(fal)
    for other in ({"seed": 8}, {"width": 97}, {"style": "vivid"}, {"num_images": 2}):
        submit(fal, **other)
    fal.submit(order("fal-ai/flux/schnell"))

    assert fal.find(order(), since=a_moment_ago()) == [ticket]


def test_what_is_found_has_the_ticket_that_was_given(fal: Fal, provider: Emulator) -> None:
    for model in MODELS:
        given = fal.submit(order(model))

        assert fal.find(order(model), since=a_moment_ago()) == [given.ticket]


def test_equal_orders_are_found_over_many_pages_oldest_first(fal: Fal, provider: Emulator) -> None:
    since = clock.now()
    equal = []
    for number in range(240):
        ticket = submit(fal, seed=number % 80)
        equal += [ticket] if number % 80 == 7 else []

    assert fal.find(order(), since=since) == equal
    assert provider.counts()["duplicates"] == 160
    assert provider.counts()["asked"]["list"] == 3


def test_orders_from_before_are_not_found(fal: Fal) -> None:
    submit(fal)

    assert fal.find(order(), since=clock.now() + timedelta(seconds=5)) == []


@pytest.mark.parametrize("code", [401, 403, 404])
def test_a_key_that_may_not_list_cannot_find(fal: Fal, provider: Emulator, code: int) -> None:
    provider.fault("status", on="list", code=code)

    assert fal.find(order(), since=a_moment_ago()) is None


@pytest.mark.parametrize("kind", ["500", "429", "garbage", "cut_before", "hang"])
def test_a_list_that_cannot_be_read_is_not_an_empty_one(
    impatient: Fal, provider: Emulator, kind: str
) -> None:
    submit(impatient)
    provider.fault(kind, on="list")

    with pytest.raises(ProviderUnavailable):
        impatient.find(order(), since=a_moment_ago())


# Stopping


def test_a_job_can_be_stopped_in_every_state(fal: Fal, provider: Emulator) -> None:
    for pace in ({"queued": 60.0}, {"seconds": 60.0}, {"seconds": 0.0}):
        provider.pace(**pace)
        ticket = submit(fal)
        fal.cancel(ticket)
        fal.cancel(ticket)

    assert provider.counts()["asked"]["cancel"] == 6


def test_a_job_that_was_stopped_is_over(fal: Fal, provider: Emulator) -> None:
    provider.pace(seconds=60)
    ticket = submit(fal)

    fal.cancel(ticket)

    with pytest.raises(ProviderRefused, match="client_cancelled"):
        fal.poll(ticket)


def test_stopping_a_job_that_is_unknown_there_is_no_error(fal: Fal, provider: Emulator) -> None:
    ticket = submit(fal)
    provider.reset()

    fal.cancel(ticket)


@pytest.mark.parametrize("kind", ["500", "cut_before", "hang"])
def test_a_wish_to_stop_that_was_not_heard_can_be_said_again(
    impatient: Fal, provider: Emulator, kind: str
) -> None:
    provider.pace(seconds=60)
    ticket = submit(impatient)
    provider.fault(kind, on="cancel")

    with pytest.raises(ProviderUnavailable):
        impatient.cancel(ticket)
    impatient.cancel(ticket)


# Where the key goes


def test_addresses_that_lie_elsewhere_are_replaced_by_the_rule(provider: Emulator) -> None:
    # By its other name the emulator is a stranger: what it links to lies elsewhere.
    by_name = provider.url.replace("127.0.0.1", "localhost")
    fal = Fal(provider.key, by_name, f"{by_name}/v1")

    ticket = submit(fal)

    base = f"{by_name}/fal-ai/flux/requests/{ticket['id']}"
    assert ticket == {
        "id": ticket["id"],
        "status_url": f"{base}/status",
        "response_url": base,
        "cancel_url": f"{base}/cancel",
    }
    assert isinstance(outcome(fal, ticket), Finished)


def test_a_ticket_of_another_queue_is_never_shown_the_key(fal: Fal, provider: Emulator) -> None:
    with running() as stranger:
        ticket = {**submit(fal), "id": "x"}
        moved = {name: url.replace(provider.url, stranger.url) for name, url in ticket.items()}

        with pytest.raises(ProviderMisconfigured):
            fal.poll(moved)
        with pytest.raises(ProviderMisconfigured):
            fal.cancel(moved)

        assert stranger.counts()["asked"] == {}


def test_a_link_that_has_expired_stays_dead(fal: Fal, provider: Emulator) -> None:
    (output,) = outcome(fal, submit(fal)).outputs
    assert isinstance(output, Download)
    provider.fault("expire_file")

    assert [provider.download(output.url).status for _ in range(2)] == [404, 404]
