"""Files that an input names: where they are, and what may stand there."""

from typing import Any

import pytest
from marshmallow import Schema, ValidationError
from marshmallow.fields import List, String

from shared.jobs import media
from shared.jobs.media import IMAGES, Media

UPLOAD, ARTIFACT = "upl_01jd3k8v9xf6tq2m5c7h0w4ezr", "art_01jd3k8v9xf6tq2m5c7h0w4ezr"
DATA, ADDRESS = "data:image/png;base64,eA==", "https://example.org/fox.png"


class Clip(Schema):
    """An input with a file, a list of files, and none."""

    first = Media(IMAGES, required=True)
    others = List(Media(("video/mp4",)))
    text = String()


@pytest.mark.parametrize("value", [UPLOAD, ARTIFACT, DATA, ADDRESS, "http://[2001:db8::1]:80/x"])
def test_an_id_an_address_or_the_file_itself_may_stand_there(value: str) -> None:
    assert Clip().load({"first": value}) == {"first": value}


@pytest.mark.parametrize(
    "value", ["", "upl_1", "job_01jd3k8v9xf6tq2m5c7h0w4ezr", "x.png", "http://[", "data:,x"]
)
def test_nothing_else_may(value: str) -> None:
    with pytest.raises(ValidationError):
        Clip().load({"first": value})


def test_files_are_found_at_their_paths_with_the_types_that_they_may_have() -> None:
    given: dict[str, Any] = {"first": UPLOAD, "others": [ADDRESS, DATA], "text": ARTIFACT}

    found = media.named(Clip, given)

    assert [(one.path, one.value, one.types) for one in found] == [
        ("first", UPLOAD, IMAGES),
        ("others[0]", ADDRESS, ("video/mp4",)),
        ("others[1]", DATA, ("video/mp4",)),
    ]


def test_what_is_not_there_is_not_named() -> None:
    assert [one.path for one in media.named(Clip, {"first": UPLOAD})] == ["first"]


def test_one_of_them_can_be_replaced() -> None:
    given: dict[str, Any] = {"first": DATA, "others": [ADDRESS, DATA], "text": "others[1]"}

    after = media.replaced(given, {"first": UPLOAD, "others[1]": ARTIFACT})

    assert after == {"first": UPLOAD, "others": [ADDRESS, ARTIFACT], "text": "others[1]"}
    assert given["others"] == [ADDRESS, DATA]
