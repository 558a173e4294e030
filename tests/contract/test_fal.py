"""What fal's adapter does beyond the suite for all: models, finding again, where the key goes."""

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
    OutcomeUnknown,
    ProviderMisconfigured,
    ProviderRefused,
    ProviderUnavailable,
)
from tests.support.emulator import Emulator, running
from workers.providers.base import (
    Download,
    Finished,
    Order,
    Pending,
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


def test_only_models_that_take_a_negative_prompt_are_sent_one() -> None:
    stable = order("fal-ai/stable-diffusion-v35-large", negative_prompt="rain")

    assert input_of(stable)["negative_prompt"] == "rain"
    assert "negative_prompt" not in input_of(order(negative_prompt="rain"))
    assert "negative_prompt" not in input_of(
        replace(stable, input={**stable.input, "negative_prompt": ""})
    )


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


# How it stands


def test_a_refusal_carries_the_words_of_the_provider(fal: Fal, provider: Emulator) -> None:
    provider.fault("error", type="value_error")

    with pytest.raises(ProviderRefused, match=r"body\.image_size: The picture is too large"):
        fal.poll(submit(fal))


def test_an_input_that_the_model_does_not_take_is_refused(fal: Fal) -> None:
    with pytest.raises(ProviderRefused, match="num_images"):
        fal.poll(submit(fal, num_images=9))


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


# Handing over


@pytest.mark.parametrize("code", [500, 503])
def test_a_failure_on_fals_side_is_free_and_may_be_tried_again(
    fal: Fal, provider: Emulator, code: int
) -> None:
    provider.fault("status", code=code, retry_after=3)

    with pytest.raises(ProviderUnavailable) as caught:
        submit(fal)

    assert caught.value.retry_after == 3
    assert provider.counts()["submits"] == 0


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


def test_a_job_that_was_stopped_is_over(fal: Fal, provider: Emulator) -> None:
    provider.pace(seconds=60)
    ticket = submit(fal)

    fal.cancel(ticket)

    with pytest.raises(ProviderRefused, match="client_cancelled"):
        fal.poll(ticket)


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
