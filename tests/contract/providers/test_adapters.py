"""Every adapter says what is known, sends what was asked for, and never sends it twice."""

import io
from collections.abc import Mapping
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
    ProviderLostJob,
    ProviderMisbehaved,
    ProviderMisconfigured,
    ProviderRefused,
    ProviderUnavailable,
    ServiceError,
)
from shared.jobs.status import Role
from shared.vendors import VENDORS
from tests.contract.providers.described import DESCRIBED
from tests.contract.providers.describing import USUAL, Described
from tests.support.emulator import Emulator, running
from tests.support.patience import eventually
from workers.providers.base import Accepted, Download, Finished, Order, Output, Pending, Remote
from workers.providers.remote.client import Client
from workers.providers.remote.registry import ADAPTERS


def made(remote: Remote, order: Order) -> Finished:
    """Hand an order over, and return what came of it."""
    return outcome(remote, remote.submit(order))


def outcome(remote: Remote, answer: Accepted | Finished) -> Finished:
    """Ask until it is over."""
    if isinstance(answer, Finished):
        return answer
    found: list[Finished] = []

    def is_over() -> bool:
        now = remote.poll(answer.ticket)
        if isinstance(now, Finished):
            found.append(now)
        return bool(found)

    assert eventually(is_over)
    return found[0]


def content(output: Output | Download, provider: Emulator) -> bytes:
    """Return a file, fetched as anybody may."""
    if isinstance(output, Output):
        return output.content
    answer = provider.download(output.url)
    assert answer.status == 200, answer.data
    return answer.data


def of_input(order: Order, **fields: Any) -> Order:
    return replace(order, input={**order.input, **fields})


def several(order: Order, count: int) -> Order:
    return of_input(order, num_images=count)


def a_moment_ago() -> datetime:
    return clock.now() - timedelta(seconds=30)


def asked(provider: Emulator) -> Mapping[str, int]:
    found: Mapping[str, int] = provider.counts()["asked"]
    return found


def test_every_vendor_is_described_here_and_has_an_adapter() -> None:
    assert {one.name for one in DESCRIBED} == set(VENDORS) == set(ADAPTERS)


# What is asked for


def test_an_order_becomes_the_file_that_was_asked_for(
    vendor: Described, remote: Remote, provider: Emulator
) -> None:
    finished = made(remote, vendor.order)

    (output,) = [one for one in finished.outputs if one.role is Role.RESULT]
    assert isinstance(output, Download if vendor.links else Output)
    file = content(output, provider)
    if vendor.order.kind == "image":
        with Image.open(io.BytesIO(file)) as image:
            image.load()
    assert (output.seed == vendor.order.input["seed"]) if vendor.seeds else output.seed is None
    assert provider.counts()["submits"] == 1
    assert asked(provider).get("keys_given_away", 0) == 0


def test_several_files_are_made_by_one_order_or_by_one_each(
    vendor: Described, remote: Remote, provider: Emulator
) -> None:
    if vendor.never_several:
        return
    finished = made(remote, several(vendor.order, 3))

    assert len(finished.outputs) == 3
    assert all(content(one, provider) for one in finished.outputs)
    assert asked(provider)["submit"] == (3 if vendor.one_each else 1)
    seeds = [7, 8, 9] if vendor.seeds else [None] * 3
    assert [one.seed for one in finished.outputs] == seeds


@pytest.mark.parametrize("kind", ["429", "500", "cut_after", "cut_before"])
def test_what_was_made_before_one_of_several_went_wrong_is_kept(
    vendor: Described, remote: Remote, provider: Emulator, kind: str
) -> None:
    if not vendor.one_each:
        return
    provider.fault(kind, after=1)

    finished = made(remote, several(vendor.order, 3))

    # After a failure nothing more is sent: what was not taken may have been.
    assert len(finished.outputs) == 1
    assert asked(provider)["submit"] == 2


def test_every_model_understands_what_it_is_sent(
    vendor: Described, remote: Remote, provider: Emulator
) -> None:
    for order in vendor.orders:
        assert made(remote, order).outputs, order.route_model
    assert [one["input"] for one in provider.orders()]


def test_each_field_of_an_order_is_sent_in_the_vendors_own_words(
    vendor: Described, remote: Remote, provider: Emulator
) -> None:
    assert vendor.sent
    for order, expected in vendor.sent:
        remote.submit(order)

        given = provider.orders()[-1]["input"]
        assert {name: given.get(name) for name in expected} == dict(expected), order


def test_the_same_order_is_always_sent_in_the_same_words(
    vendor: Described, remote: Remote, provider: Emulator
) -> None:
    for _ in range(2):
        remote.submit(vendor.order)

    first, second = provider.orders()
    assert first == second


def test_what_a_vendor_cannot_do_is_refused_before_anything_is_sent(
    vendor: Described, remote: Remote, provider: Emulator
) -> None:
    assert bool(vendor.refused) != bool(vendor.never_refuses)
    for order, word in vendor.refused:
        with pytest.raises(ProviderRefused, match=word):
            remote.submit(order)
    assert "submit" not in asked(provider)


def test_what_is_left_out_of_an_order_is_said(vendor: Described, remote: Remote) -> None:
    assert list(remote.remarks(vendor.order)) == []
    for order, word in vendor.left_out:
        assert any(word in one for one in remote.remarks(order)), (word, remote.remarks(order))


def test_what_the_vendor_says_that_it_charged_is_told(vendor: Described, remote: Remote) -> None:
    assert made(remote, vendor.order).cost == vendor.cost


# How it stands


def test_an_order_is_pending_until_it_is_over(
    vendor: Described, remote: Remote, provider: Emulator
) -> None:
    if not vendor.waits:
        return
    provider.pace(queued=0.3, seconds=0.3)
    accepted = remote.submit(vendor.order)

    assert isinstance(accepted, Accepted)
    assert isinstance(remote.poll(accepted.ticket), Pending)
    assert isinstance(outcome(remote, accepted), Finished)


def test_a_slow_answer_is_waited_for(vendor: Described, remote: Remote, provider: Emulator) -> None:
    for operation in ("submit", *vendor.questions):
        provider.fault("slow", on=operation, seconds=0.2)

    assert made(remote, vendor.order).outputs
    assert provider.counts()["submits"] == 1


def test_a_status_that_nobody_knows_is_an_error(
    vendor: Described, remote: Remote, provider: Emulator
) -> None:
    if not vendor.waits:
        return
    provider.fault("unknown_status")

    with pytest.raises(ProviderMisbehaved, match="FROZEN"):
        made(remote, vendor.order)


def test_a_lost_order_is_lost_for_good(
    vendor: Described, remote: Remote, provider: Emulator
) -> None:
    if not vendor.waits:
        return
    accepted = remote.submit(vendor.order)
    assert isinstance(accepted, Accepted)
    provider.fault("lose")

    for _ in range(2):
        with pytest.raises(ProviderLostJob):
            remote.poll(accepted.ticket)


def test_an_order_that_failed_says_why(
    vendor: Described, remote: Remote, provider: Emulator
) -> None:
    assert vendor.failures
    for fault, error in vendor.failures:
        provider.reset()
        provider.fault(**fault)

        with pytest.raises(ServiceError) as caught:
            made(remote, vendor.order)

        assert type(caught.value) is error, (fault, caught.value)


def test_refused_content_is_never_a_success(
    vendor: Described, remote: Remote, provider: Emulator
) -> None:
    assert vendor.refusals
    for fault in vendor.refusals:
        provider.reset()
        provider.fault(**fault)

        with pytest.raises(ServiceError) as caught:
            made(remote, vendor.order)

        assert type(caught.value) is ContentRefused, (fault, caught.value)


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
def test_a_question_that_failed_says_nothing_about_the_order(
    vendor: Described,
    impatient: Remote,
    provider: Emulator,
    kind: str,
    error: type[ServiceError],
) -> None:
    for operation in vendor.questions:
        accepted = impatient.submit(vendor.order)
        assert isinstance(accepted, Accepted)
        provider.fault(kind, on=operation)

        with pytest.raises(ServiceError) as caught:
            impatient.poll(accepted.ticket)

        assert type(caught.value) is error, operation
        assert outcome(impatient, accepted).outputs


# Handing over


@pytest.mark.parametrize("status", list(USUAL))
def test_every_status_stands_for_one_error(
    vendor: Described, remote: Remote, provider: Emulator, status: int
) -> None:
    provider.fault("status", code=status)

    with pytest.raises(ServiceError) as caught:
        remote.submit(vendor.order)

    assert type(caught.value) is vendor.statuses.get(status, USUAL[status])
    assert provider.counts()["submits"] == 0


@pytest.mark.parametrize(("given", "wait"), [(None, None), (17, 17.0), (100_000, 600.0)])
def test_a_busy_vendor_has_taken_nothing_and_says_when_to_come_back(
    vendor: Described, remote: Remote, provider: Emulator, given: int | None, wait: float | None
) -> None:
    provider.fault("429", retry_after=given)

    with pytest.raises(ProviderBusy) as caught:
        remote.submit(vendor.order)

    assert caught.value.retry_after == wait
    assert provider.counts()["submits"] == 0


def test_a_wrong_key_is_refused_and_not_repeated_in_the_message(
    vendor: Described, provider: Emulator, patient: Client
) -> None:
    stranger = vendor.adapter(provider, patient, key="wrong:secret")

    with pytest.raises(ProviderMisconfigured) as caught:
        stranger.submit(vendor.order)

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("key", ["id:secret\n", "id:gehéim"])
def test_a_key_that_no_header_can_carry_is_found_at_once(
    vendor: Described, provider: Emulator, patient: Client, key: str
) -> None:
    with pytest.raises(ProviderMisconfigured) as caught:
        vendor.adapter(provider, patient, key=key)

    assert key not in str(caught.value)


def test_a_vendor_that_is_not_there_was_sent_nothing(vendor: Described, patient: Client) -> None:
    with running(vendor=vendor.name) as gone:
        remote = vendor.adapter(gone, patient)

    with pytest.raises(NotSubmitted):
        remote.submit(vendor.order)


@pytest.mark.parametrize("kind", ["cut_after", "garbage", "hang"])
def test_an_order_whose_answer_was_lost_is_found_again_or_stays_unknown(
    vendor: Described, impatient: Remote, provider: Emulator, kind: str
) -> None:
    since = clock.now()
    provider.fault(kind)

    with pytest.raises(OutcomeUnknown):
        impatient.submit(vendor.order)
    found = impatient.find(vendor.order, since=since)

    assert provider.counts()["submits"] == 1
    if vendor.never_finds:
        assert found is None
    else:
        assert found is not None
        (ticket,) = found
        assert outcome(impatient, Accepted(ticket)).outputs
    assert provider.counts()["submits"] == 1


def test_an_order_that_never_arrived_is_not_found(
    vendor: Described, remote: Remote, provider: Emulator
) -> None:
    provider.fault("cut_before")

    with pytest.raises(OutcomeUnknown):
        remote.submit(vendor.order)

    found = remote.find(vendor.order, since=a_moment_ago())
    assert found is None if vendor.never_finds else found == []
    assert provider.counts()["submits"] == 0


def test_only_an_order_that_is_equal_in_everything_is_found(
    vendor: Described, remote: Remote
) -> None:
    answer = remote.submit(vendor.order)
    remote.submit(vendor.other or of_input(vendor.order, prompt="a blue fox"))

    found = remote.find(vendor.order, since=a_moment_ago())

    if vendor.never_finds:
        assert found is None
    else:
        assert isinstance(answer, Accepted)
        assert found == [answer.ticket]


# Stopping


def test_an_order_can_be_stopped_in_every_state_or_never(
    vendor: Described, remote: Remote, provider: Emulator
) -> None:
    if not vendor.waits:
        # Nobody has a ticket to stop it by.
        assert vendor.never_stops
        return
    accepted = remote.submit(vendor.order)
    assert isinstance(accepted, Accepted)
    for pace in ({"queued": 60.0}, {"seconds": 60.0}, {"seconds": 0.0}):
        provider.pace(**pace)
        accepted = remote.submit(vendor.order)
        assert isinstance(accepted, Accepted)
        remote.cancel(accepted.ticket)
        remote.cancel(accepted.ticket)
    assert asked(provider).get("cancel", 0) == (0 if vendor.never_stops else 6)

    provider.reset()
    # What is unknown there needs no stopping.
    remote.cancel(accepted.ticket)


@pytest.mark.parametrize("kind", ["500", "cut_before", "hang"])
def test_a_wish_to_stop_that_was_not_heard_can_be_said_again(
    vendor: Described, impatient: Remote, provider: Emulator, kind: str
) -> None:
    if vendor.never_stops:
        return
    provider.pace(seconds=60)
    accepted = impatient.submit(vendor.order)
    assert isinstance(accepted, Accepted)
    provider.fault(kind, on="cancel")

    with pytest.raises(ProviderUnavailable):
        impatient.cancel(accepted.ticket)
    impatient.cancel(accepted.ticket)


# Where the key goes


def test_a_ticket_of_another_place_is_never_shown_the_key(
    vendor: Described, remote: Remote, provider: Emulator
) -> None:
    if not vendor.waits:
        return
    accepted = remote.submit(vendor.order)
    assert isinstance(accepted, Accepted)
    with running(vendor=vendor.name) as stranger:
        moved = {
            name: value.replace(provider.url, stranger.url)
            for name, value in accepted.ticket.items()
        }
        if moved == accepted.ticket:
            # It holds no address that could lead astray.
            return
        with pytest.raises(ProviderMisconfigured):
            remote.poll(moved)

        assert stranger.counts()["asked"] == {}


def test_a_link_that_has_expired_stays_dead(
    vendor: Described, remote: Remote, provider: Emulator
) -> None:
    if not vendor.links:
        return
    output = made(remote, vendor.order).outputs[0]
    assert isinstance(output, Download)
    provider.fault("expire_file")

    assert all(provider.download(output.url).status in {403, 404, 410} for _ in range(2))
