"""Identifiers: their form, their order, and what is taken for one."""

import time
from uuid import UUID

import pytest

from shared import ids

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def number_in(text: str) -> int:
    """Read the suffix back: Crockford's base 32, as TypeID has it."""
    number = 0
    for sign in text.rpartition("_")[2]:
        number = number * 32 + ALPHABET.index(sign)
    return number


def test_a_fresh_id_names_the_thing_and_is_recognised() -> None:
    fresh = ids.new("job")

    assert fresh.startswith("job_")
    assert len(fresh) == len("job_") + 26
    assert ids.is_id(fresh, "job")


def test_an_id_holds_a_uuid_of_version_7_with_the_time_it_was_made_at() -> None:
    before = time.time_ns() // 1_000_000
    number = number_in(ids.new("job"))
    after = time.time_ns() // 1_000_000

    held = UUID(int=number)
    assert held.version == 7
    assert held.variant == "specified in RFC 4122"
    assert before <= number >> 80 <= after


def test_no_two_ids_are_alike() -> None:
    made = {ids.new("job") for _ in range(20_000)}

    assert len(made) == 20_000


def test_an_id_of_a_later_millisecond_sorts_behind() -> None:
    earlier = ids.new("job")
    made_at = number_in(earlier) >> 80
    while time.time_ns() // 1_000_000 <= made_at:
        pass

    assert ids.new("job") > earlier


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        pytest.param("job_01jd3k8v9xf6tq2m5c7h0w4ezr", "job", id="an ordinary one"),
        pytest.param("job_00000000000000000000000000", "job", id="the smallest"),
        pytest.param("job_7zzzzzzzzzzzzzzzzzzzzzzzzz", "job", id="the greatest"),
        pytest.param("webhook_event_01jd3k8v9xf6tq2m5c7h0w4ezr", "webhook_event", id="long prefix"),
    ],
)
def test_what_could_be_an_id_is_taken_for_one(text: str, prefix: str) -> None:
    assert ids.is_id(text, prefix)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("job", id="only the prefix"),
        pytest.param("job_", id="no suffix"),
        pytest.param("01jd3k8v9xf6tq2m5c7h0w4ezr", id="no prefix"),
        pytest.param("_01jd3k8v9xf6tq2m5c7h0w4ezr", id="an empty prefix"),
        pytest.param("art_01jd3k8v9xf6tq2m5c7h0w4ezr", id="another prefix"),
        pytest.param("my_job_01jd3k8v9xf6tq2m5c7h0w4ezr", id="a longer prefix"),
        pytest.param("job_01jd3k8v9xf6tq2m5c7h0w4ez", id="too short"),
        pytest.param("job_01jd3k8v9xf6tq2m5c7h0w4ezrr", id="too long"),
        pytest.param("job_81jd3k8v9xf6tq2m5c7h0w4ezr", id="more than 128 bits"),
        pytest.param("job_01jd3k8v9xf6tq2m5c7h0w4ezi", id="i is no digit"),
        pytest.param("job_01jd3k8v9xf6tq2m5c7h0w4ezl", id="l is no digit"),
        pytest.param("job_01jd3k8v9xf6tq2m5c7h0w4ezo", id="o is no digit"),
        pytest.param("job_01jd3k8v9xf6tq2m5c7h0w4ezu", id="u is no digit"),
        pytest.param("job_01JD3K8V9XF6TQ2M5C7H0W4EZR", id="upper case"),
        pytest.param("job_01jd3k8v9xf6tq2m5c7h0w4ezr\n", id="a line break behind"),
        pytest.param("job_01jd3k8v9xf6tq2m5c7h0w4ez٣", id="a digit of another script"),
    ],
)
def test_what_cannot_be_an_id_is_not_taken_for_one(text: str) -> None:
    assert not ids.is_id(text, "job")


@pytest.mark.parametrize("number", [0, 1, 2**96, 2**128 - 1], ids=hex)
def test_an_id_and_its_number_say_the_same(number: int) -> None:
    made = ids.of_number("job", number)

    assert ids.is_id(made, "job")
    assert (ids.number_of(made), number_in(made)) == (number, number)


def test_numbers_sort_as_their_ids_do() -> None:
    numbers = [ids.number_of(ids.new("job")) for _ in range(100)] + [7, 2**127]

    by_id = sorted(numbers, key=lambda one: ids.of_number("job", one))

    assert by_id == sorted(numbers)
