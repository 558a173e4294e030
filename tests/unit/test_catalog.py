"""The catalogue: names and aliases, who makes a model, and a file that is not usable."""

from pathlib import Path

import pytest

from shared import catalog
from shared.catalog import Catalog, Effort, Route
from shared.declaring import SettingsError
from shared.errors import ModelUnavailable
from shared.jobs.status import Kind
from shared.settings import CatalogSettings

FLUX = """
[models.flux]
title = "FLUX"
kind = "image"
operations = ["generate"]
credits = 5
"""
CLIP = """
[models.clip]
title = "Clip"
kind = "render"
operations = ["timeline"]
credits = 50
"""
FILM = """
[models.film]
title = "Film"
kind = "video"
operations = ["generate"]
credits = 10
credits_per_second = { 720p = 2.5 }
defaults = { duration = 4, resolution = "720p" }
limits = { min_seconds = 1, max_seconds = 9, resolutions = ["720p"] }
"""
SKETCH = """
[models.sketch]
title = "Sketch"
kind = "image"
operations = ["generate"]
credits = 1
aliases = ["pencil", "doodle"]
routes = [
  { provider = "nobody", model = "n" },
  { provider = "sketch", model = "fine" },
  { provider = "sketch", model = "rough" },
]
"""


def load(
    folder: Path, text: str | bytes, *, local_engines: str = "fallback", configured: str = ""
) -> Catalog:
    file = folder / "catalog.toml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return catalog.load(
        CatalogSettings(path=str(file), local_engines=local_engines),
        configured=frozenset(configured.split()),
    )


def test_the_catalogue_that_comes_along_offers_models_that_can_be_made_here() -> None:
    found = catalog.load(CatalogSettings(path="", local_engines="fallback"))

    assert {"flux", "stable-diffusion", "dall-e-3", "sketch"} <= set(found.names(Kind.IMAGE))
    assert all(found.is_available(model) for model in found.models.values())


@pytest.mark.parametrize("name", ["sketch", "pencil", "doodle"])
def test_a_model_is_found_by_its_name_and_by_each_alias(tmp_path: Path, name: str) -> None:
    found = load(tmp_path, FLUX + SKETCH).find(name)

    assert found is not None
    assert found.name == "sketch"


@pytest.mark.parametrize("name", ["", "Sketch", "pencil ", "flux-2"])
def test_a_name_that_is_not_in_the_catalogue_is_not_found(tmp_path: Path, name: str) -> None:
    assert load(tmp_path, FLUX + SKETCH).find(name) is None


def test_names_are_in_the_order_of_the_file_and_without_aliases(tmp_path: Path) -> None:
    found = load(tmp_path, SKETCH + CLIP + FLUX)

    assert found.names() == ["sketch", "clip", "flux"]
    assert found.names("image") == ["sketch", "flux"]
    assert found.names("3d") == []


def test_what_an_entry_leaves_open_has_its_default(tmp_path: Path) -> None:
    flux = load(tmp_path, FLUX).models["flux"]

    assert (flux.limits.min_side, flux.limits.max_side, flux.limits.max_images) == (64, 2048, 1)
    assert (flux.aliases, flux.styles, flux.routes) == ((), (), ())
    assert flux.defaults == {}
    assert flux.kind is Kind.IMAGE


def test_an_operation_may_have_limits_of_its_own(tmp_path: Path) -> None:
    limited = FLUX + (
        "efforts.generate = { usual_seconds = 9.5, attempt_seconds = 600, max_attempts = 2 }"
    )

    found = load(tmp_path, limited + CLIP)

    assert found.effort("flux", "generate") == Effort(
        usual_seconds=9.5, attempt_seconds=600, max_attempts=2
    )
    assert found.effort("flux", "edit") == Effort()
    assert found.effort("clip", "generate") == Effort()
    assert found.effort("gone", "generate") == Effort()


def test_routes_that_count_are_taken_in_the_order_of_preference(tmp_path: Path) -> None:
    found = load(tmp_path, SKETCH)

    assert found.routes(found.models["sketch"]) == (
        Route(provider="sketch", model="fine"),
        Route(provider="sketch", model="rough"),
    )


def test_a_kind_is_made_here_as_long_as_no_provider_makes_any_of_it(tmp_path: Path) -> None:
    routed = FLUX + 'routes = [{ provider = "fal", model = "fal-ai/flux" }]'

    assert load(tmp_path, routed + SKETCH).is_made_here("image")
    assert not load(tmp_path, routed + SKETCH, configured="fal").is_made_here("image")


def test_a_model_without_a_usable_route_falls_back_to_the_local_engine(tmp_path: Path) -> None:
    found = load(tmp_path, FLUX)

    assert found.routes(found.models["flux"]) == (
        Route(provider="sketch", model="flux", is_fallback=True),
    )


def test_without_leave_for_local_engines_such_a_model_is_not_available(tmp_path: Path) -> None:
    found = load(tmp_path, FLUX + SKETCH, local_engines="off")

    assert found.is_available(found.models["sketch"])
    assert not found.is_available(found.models["flux"])
    with pytest.raises(ModelUnavailable, match="'flux'"):
        found.routes(found.models["flux"])


def test_a_kind_that_no_local_engine_makes_is_not_available(tmp_path: Path) -> None:
    found = load(tmp_path, CLIP)

    assert not found.is_available(found.models["clip"])


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "none.toml"

    with pytest.raises(SettingsError, match=r"LIMNER_CATALOG: .*none\.toml"):
        catalog.load(CatalogSettings(path=str(missing), local_engines="off"))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[models.flux", id="not TOML"),
        pytest.param(b"\xff\xfe\x00", id="not text"),
        pytest.param("models = 3", id="models is no table"),
        pytest.param("[models]\nflux = 3", id="a model is no table"),
    ],
)
def test_a_file_that_is_no_catalogue_is_named(tmp_path: Path, text: str | bytes) -> None:
    with pytest.raises(SettingsError, match=r"LIMNER_CATALOG: .*catalog\.toml"):
        load(tmp_path, text)


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        pytest.param(FLUX.replace('title = "FLUX"', ""), "title", id="a missing title"),
        pytest.param(FLUX.replace('"image"', '"picture"'), "kind", id="an unknown kind"),
        pytest.param(FLUX.replace("5", "-5"), "credits", id="a negative price"),
        pytest.param(FLUX.replace("5", '"few"'), "credits", id="a price in words"),
        pytest.param(FLUX + "colour = true", "colour", id="a field that nobody knows"),
        pytest.param(FLUX + "limits = { max_side = 0 }", "max_side", id="a limit of nothing"),
        pytest.param(
            FLUX + "limits = { min_side = 9, max_side = 8 }", "min_side", id="limits crossed"
        ),
        pytest.param(FLUX + 'routes = [{ provider = "x" }]', "model", id="half a route"),
        pytest.param(FLUX + "efforts.edit = {}", "edit", id="an effort for what it does not do"),
        pytest.param(FLUX + "efforts.generate = 3", "efforts", id="an effort that is no table"),
        pytest.param(
            FLUX + "efforts.generate = { attempt_seconds = 0 }", "attempt_seconds", id="no time"
        ),
        pytest.param(
            FLUX + "efforts.generate = { attempt_seconds = 1.5 }",
            "attempt_seconds",
            id="half a second",
        ),
        pytest.param(
            FLUX + "efforts.generate = { usual_seconds = 0 }", "usual_seconds", id="done at once"
        ),
        pytest.param(
            FLUX + "efforts.generate = { usual_seconds = 61, attempt_seconds = 60 }",
            "usual_seconds",
            id="usually too long",
        ),
        pytest.param(
            FLUX + "efforts.generate = { max_attempts = 0 }", "max_attempts", id="no attempt"
        ),
        pytest.param(
            FLUX + "efforts.generate = { max_tries = 3 }", "max_tries", id="an effort unknown"
        ),
        pytest.param(FLUX.replace('"generate"', ""), "operations", id="no operation"),
        pytest.param(
            FLUX + "credits_per_second = { 720p = 1 }", "resolutions", id="a size it does not make"
        ),
        pytest.param(FILM.replace("credits = 10", "credits = 9"), "Must be 10", id="two prices"),
        pytest.param(FILM.replace("2.5", "-1"), "credits_per_second", id="a price below nothing"),
        pytest.param(FLUX.replace("generate", "daydream"), "daydream", id="an unknown operation"),
        pytest.param(FLUX + 'aliases = ["pencil"]' + SKETCH, "pencil", id="an alias of two"),
        pytest.param(FLUX + 'aliases = ["sketch"]' + SKETCH, "sketch", id="an alias and a name"),
    ],
)
def test_a_broken_entry_is_refused_with_its_field(tmp_path: Path, entry: str, field: str) -> None:
    with pytest.raises(SettingsError, match=rf"LIMNER_CATALOG: .*{field}"):
        load(tmp_path, entry)


def test_every_broken_entry_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, (FLUX + SKETCH + CLIP).replace("credits = 5", "credits = -5"))

    assert "flux" in str(caught.value)
    assert "clip" in str(caught.value)
    assert "sketch" not in str(caught.value)


def test_a_process_that_cannot_use_its_catalogue_ends_and_says_why(tmp_path: Path) -> None:
    file = tmp_path / "catalog.toml"
    file.write_text(FLUX + "efforts.generate = { max_attempts = 0 }", encoding="utf-8")

    with pytest.raises(SystemExit, match=r"limner web: LIMNER_CATALOG: .*max_attempts"):
        catalog.load_or_exit(CatalogSettings(path=str(file), local_engines="off"), of="limner web")
