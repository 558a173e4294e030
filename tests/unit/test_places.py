"""Places for those who are held: some threads stay free, and no account takes all of the rest."""

import pytest

from api.places import Places


def take_all(places: Places, account: str) -> int:
    """Take places until there is none for this account; returns how many."""
    count = 0
    while places.take(account):
        count += 1
    return count


@pytest.mark.parametrize(
    ("threads", "places"), [(2, 1), (3, 2), (64, 32), (100, 68), (2_064, 2_032)]
)
def test_so_many_are_held_of_many_accounts(threads: int, places: int) -> None:
    held = Places(threads)

    assert sum(held.take(f"account {number}") for number in range(10_000)) == places


def test_an_account_leaves_as_many_as_it_has() -> None:
    places = Places(132)  # a hundred for those who are held

    assert [take_all(places, name) for name in "abc"] == [50, 25, 13]


def test_what_is_given_back_can_be_taken_again() -> None:
    places = Places(2)
    assert places.take("a")
    assert not places.take("b")

    places.leave("a")

    assert places.take("b")
