"""What the local engine for 3D models promises."""

import io
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from PIL import Image, ImageDraw

from shared.errors import InputUnusable, JobCanceled
from shared.jobs.status import Role
from tests.support import khronos
from tests.support.media import picture
from workers.measuring import measure
from workers.providers.base import Order, Output, Source
from workers.providers.local.relief import ReliefEngine


def disc(width: int = 240, height: int = 160) -> bytes:
    """An orange disc before a plain blue wall."""
    image = Image.new("RGB", (width, height), "#27408b")
    ImageDraw.Draw(image).ellipse((90, 50, 150, 110), fill="#ff8c1a")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def order(image: bytes | None = None, **asked: Any) -> Order:
    given = disc() if image is None else image
    return Order(
        kind="3d",
        operation="from_image",
        model="relief",
        route_model="relief",
        input={"depth": 0.1, "detail": "low", "texture": True} | asked,
        sources={"image": Source(content_type="image/png", link="", open=lambda: [given])},
    )


def made(wanted: Order) -> list[Output]:
    return list(ReliefEngine().make(wanted, on_progress=lambda _: None))


def body(wanted: Order) -> trimesh.Trimesh:
    """The model as a reader finds it, with corners at one place taken for one."""
    mesh = trimesh.load_mesh(io.BytesIO(made(wanted)[0].content), file_type="glb")
    mesh.merge_vertices(merge_tex=True, merge_norm=True)
    return mesh


def document(content: bytes) -> dict[str, Any]:
    (length,) = struct.unpack("<I", content[12:16])
    found: dict[str, Any] = json.loads(content[20 : 20 + length])
    return found


@pytest.mark.parametrize("detail", ["low", "high"])
@pytest.mark.parametrize("size", [(240, 160), (100, 300), (64, 64)])
def test_a_model_is_closed_and_faces_outwards(detail: str, size: tuple[int, int]) -> None:
    mesh = body(order(picture(*size), detail=detail))

    assert mesh.is_watertight
    assert mesh.is_winding_consistent
    assert mesh.volume > 0


@pytest.fixture(scope="module")
def validator(tmp_path_factory: pytest.TempPathFactory) -> Path | None:
    return khronos.install(tmp_path_factory.mktemp("khronos"))


@pytest.mark.parametrize("texture", [True, False])
def test_a_model_is_valid(validator: Path | None, texture: bool) -> None:
    wanted = order(texture=texture)

    if validator is None:
        assert body(wanted).is_volume
        return
    issues = khronos.report(validator, made(wanted)[0].content)["issues"]
    assert (issues["numErrors"], issues["numWarnings"]) == (0, 0), issues["messages"]


def test_a_model_has_the_shape_of_its_picture_and_the_depth_asked_for() -> None:
    low, high = body(order(depth=0.05)).bounds, body(order(depth=0.3)).bounds

    width, height, _ = high[1] - high[0]
    assert (width, height) == pytest.approx((1, 160 / 240), abs=0.02)
    assert high[0][2] == low[0][2] == 0
    assert high[1][2] - low[1][2] == pytest.approx(0.25, abs=0.02)


def test_what_differs_from_the_rim_stands_out() -> None:
    points = body(order()).vertices

    front = points[points[:, 2] > 0.01]
    at_disc = front[np.hypot(front[:, 0], front[:, 1]) < 0.08][:, 2]
    at_wall = front[front[:, 0] < -0.4][:, 2]
    assert at_disc.mean() > at_wall.mean() + 0.04


def test_every_corner_has_a_normal_of_length_one() -> None:
    mesh = trimesh.load_mesh(io.BytesIO(made(order())[0].content), file_type="glb", process=False)
    content = document(made(order())[0].content)

    [primitive] = content["meshes"][0]["primitives"]
    assert primitive["attributes"].keys() >= {"POSITION", "NORMAL", "TEXCOORD_0"}
    assert np.linalg.norm(mesh.vertex_normals, axis=1) == pytest.approx(1, abs=1e-4)


def test_the_picture_is_on_the_model_the_right_way_up() -> None:
    above = Image.new("RGB", (96, 64), "#c01010")
    above.paste("#1010c0", (0, 32, 96, 64))
    buffer = io.BytesIO()
    above.save(buffer, "PNG")

    mesh = trimesh.load_mesh(io.BytesIO(made(order(buffer.getvalue()))[0].content), file_type="glb")

    visual: Any = mesh.visual
    texture = np.asarray(visual.material.baseColorTexture.convert("RGB"))
    uv, y = visual.uv, mesh.vertices[:, 1]
    rows = np.clip(((1 - uv[:, 1]) * texture.shape[0]).astype(int), 0, texture.shape[0] - 1)
    columns = np.clip((uv[:, 0] * texture.shape[1]).astype(int), 0, texture.shape[1] - 1)
    colours = texture[rows, columns]
    assert colours[y > 0.1].mean(axis=0) == pytest.approx((0xC0, 0x10, 0x10), abs=12)
    assert colours[y < -0.1].mean(axis=0) == pytest.approx((0x10, 0x10, 0xC0), abs=12)


def test_without_a_texture_there_is_none() -> None:
    content = document(made(order(texture=False))[0].content)

    assert "textures" not in content
    assert "images" not in content
    assert "baseColorTexture" not in content["materials"][0]["pbrMetallicRoughness"]


def test_more_detail_is_more_triangles() -> None:
    counts = [len(body(order(detail=one)).faces) for one in ("low", "medium", "high")]

    assert counts == sorted(set(counts))


def test_a_model_comes_with_a_picture_of_it() -> None:
    model, preview = made(order())
    plain = made(order(texture=False))[1]

    found = measure(io.BytesIO(preview.content))
    assert (model.role, preview.role) == (Role.RESULT, Role.PREVIEW)
    assert measure(io.BytesIO(model.content)).content_type == "model/gltf-binary"
    assert (found.content_type, found.width, found.height) == ("image/jpeg", 960, 720)
    assert tone(preview)[2] > tone(preview)[0] + 20  # the blue wall
    assert tone(plain) == pytest.approx((tone(plain).mean(),) * 3, abs=15)


def tone(preview: Output) -> np.ndarray:
    """The mean colour of the middle of a preview, but for the disc."""
    with Image.open(io.BytesIO(preview.content)) as image:
        return np.asarray(np.asarray(image, dtype=float)[200:520, 250:380].mean(axis=(0, 1)))


def test_the_same_picture_gives_the_same_bytes() -> None:
    assert [one.content for one in made(order())] == [one.content for one in made(order())]


def test_what_is_no_picture_is_said_to_be_unusable() -> None:
    with pytest.raises(InputUnusable, match="image"):
        made(order(disc()[:300]))


@pytest.mark.parametrize("at", [0.0, 0.2, 0.5])
def test_a_job_that_is_no_longer_wanted_ends(at: float) -> None:
    def report(fraction: float) -> None:
        if fraction >= at:
            raise JobCanceled

    with pytest.raises(JobCanceled):
        list(ReliefEngine().make(order(), on_progress=report))
