"""Links that open an artifact for a time."""

import dataclasses
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from shared import clock, settings
from shared.errors import LinkExpired
from shared.settings import Settings
from shared.storage.links import Links
from shared.storage.store import open_store

HOUR = 3_600
SECRET = "a secret of at least 32 characters"


def settings_of(folder: Path, **other: str) -> Settings:
    return settings.load(
        {
            "LIMNER_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
            "LIMNER_BROKER_URL": "redis://127.0.0.1:1/0",
            "LIMNER_STORAGE_URL": f"folder://{folder}",
            "LIMNER_PUBLIC_URL": "https://media.example.org/",
            "LIMNER_SECRET_KEY": SECRET,
            **other,
        }
    )


def links_of(given: Settings) -> Links:
    return Links(given, open_store(given.storage))


def expiring_in(given: Settings, seconds: int) -> Settings:
    """Return settings whose links open for so long; a negative time makes them expired at once."""
    storage = dataclasses.replace(given.storage, link_seconds=seconds)
    return dataclasses.replace(given, storage=storage)


def parts_of(link: str) -> dict[str, Any]:
    """Take a link apart into what :meth:`Links.check` is asked."""
    found = urlsplit(link)
    query = {name: value for name, [value] in parse_qs(found.query).items()}
    return {
        "artifact_id": found.path.split("/")[3],
        "expires": int(query["expires"]),
        "signature": query["signature"],
    }


@pytest.fixture
def links(tmp_path: Path) -> Links:
    """Links of a server that keeps its artifacts in a folder."""
    return links_of(settings_of(tmp_path))


def link(links: Links) -> str:
    return links.to_artifact("art_1", "artifacts/3f/art_1.png", "image/png")


def open_(links: Links, parts: dict[str, Any]) -> None:
    rest = dict(parts)
    links.check(rest.pop("artifact_id"), **rest)


@pytest.mark.parametrize("public_url", ["https://media.example.org", "https://media.example.org/"])
def test_an_address_of_ours_begins_where_callers_reach_us(tmp_path: Path, public_url: str) -> None:
    links = links_of(settings_of(tmp_path, LIMNER_PUBLIC_URL=public_url))

    assert links.absolute("/v1/jobs/job_1") == "https://media.example.org/v1/jobs/job_1"
    assert link(links).startswith("https://media.example.org/v1/artifacts/art_1/content?")


def test_a_genuine_link_opens(links: Links) -> None:
    open_(links, parts_of(link(links)))


def test_a_link_of_another_process_with_the_same_secret_opens(links: Links, tmp_path: Path) -> None:
    other = links_of(settings_of(tmp_path))

    open_(links, parts_of(link(other)))


def test_a_link_opens_for_at_least_as_long_as_is_set_and_changes_by_the_hour(
    tmp_path: Path,
) -> None:
    links = links_of(expiring_in(settings_of(tmp_path), 2 * HOUR))

    before = clock.now().timestamp()
    expires = parts_of(link(links))["expires"]
    after = clock.now().timestamp()

    assert int(before) + 2 * HOUR <= expires <= after + 3 * HOUR
    assert expires % HOUR == 0


def test_a_link_whose_time_is_over_is_refused(tmp_path: Path) -> None:
    links = links_of(expiring_in(settings_of(tmp_path), -2 * HOUR))

    with pytest.raises(LinkExpired):
        open_(links, parts_of(link(links)))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"artifact_id": "art_2"}, id="another artifact"),
        pytest.param({"artifact_id": ""}, id="no artifact"),
        pytest.param({"expires": 9_999_999_999}, id="more time"),
        pytest.param({"expires": 0}, id="no time"),
        pytest.param({"expires": -1}, id="a negative time"),
        pytest.param({"signature": ""}, id="no signature"),
        pytest.param({"signature": "0" * 40}, id="another signature"),
        pytest.param({"signature": "ü" * 40}, id="letters beyond ASCII"),
    ],
)
def test_a_link_that_was_changed_is_refused(links: Links, change: dict[str, Any]) -> None:
    with pytest.raises(LinkExpired):
        open_(links, parts_of(link(links)) | change)


@pytest.mark.parametrize("position", [0, 20, 39])
def test_each_sign_of_the_signature_counts(links: Links, position: int) -> None:
    parts = parts_of(link(links))
    signs = list(parts["signature"])
    signs[position] = "0" if signs[position] != "0" else "1"

    with pytest.raises(LinkExpired):
        open_(links, parts | {"signature": "".join(signs)})


@pytest.mark.parametrize("length", [1, 8, 39])
def test_the_beginning_of_a_signature_does_not_open(links: Links, length: int) -> None:
    parts = parts_of(link(links))

    with pytest.raises(LinkExpired):
        open_(links, parts | {"signature": parts["signature"][:length]})


def test_a_link_of_a_server_with_another_secret_is_refused(links: Links, tmp_path: Path) -> None:
    stranger = links_of(settings_of(tmp_path, LIMNER_SECRET_KEY=SECRET[::-1]))

    with pytest.raises(LinkExpired):
        open_(links, parts_of(link(stranger)))


def test_a_link_tells_nothing_of_the_secret_or_the_key(links: Links) -> None:
    made = link(links)

    assert SECRET not in made
    assert "3f" not in urlsplit(made).path


def test_where_it_is_wished_the_store_itself_is_linked(tmp_path: Path) -> None:
    links = links_of(
        settings_of(
            tmp_path,
            LIMNER_STORAGE_URL="s3://pictures/made/here",
            LIMNER_STORAGE_LINKS="presigned",
            LIMNER_STORAGE_LINK_SECONDS="600",
            LIMNER_S3_ENDPOINT_URL="https://s3.example.org",
            LIMNER_S3_ACCESS_KEY="the-name-of-the-key",
            LIMNER_S3_SECRET_KEY="the-secret-of-the-store",
        )
    )

    found = urlsplit(link(links))
    query = parse_qs(found.query)

    assert found.netloc == "s3.example.org"
    assert found.path == "/pictures/made/here/artifacts/3f/art_1.png"
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-Expires"] == ["600"]
    assert query["response-content-type"] == ["image/png"]
    # Whoever follows the link brings no header of ours: AWS answers 400 to both at once.
    assert query["X-Amz-SignedHeaders"] == ["host"]
    assert "the-secret-of-the-store" not in found.query


def test_a_store_without_addresses_of_its_own_is_linked_through_us(tmp_path: Path) -> None:
    links = links_of(settings_of(tmp_path, LIMNER_STORAGE_LINKS="presigned"))

    made = link(links)

    assert made.startswith("https://media.example.org/v1/artifacts/art_1/content?")
    open_(links, parts_of(made))
