"""A body as a file: GLB, with the picture on it if that is wanted."""

from typing import Any

import trimesh
from PIL import Image
from trimesh.visual import TextureVisuals
from trimesh.visual.material import PBRMaterial

from workers.providers.local.relief.solid import Solid

# Unpainted: the colour of plaster.
_PLASTER = (224, 218, 208, 255)
_ROUGHNESS = 0.85


def write(solid: Solid, texture: Image.Image | None) -> bytes:
    """Return the file."""
    mesh = trimesh.Trimesh(
        vertices=solid.corners,
        faces=solid.triangles,
        vertex_normals=solid.normals,
        process=False,
        validate=False,
    )
    mesh.visual = TextureVisuals(
        uv=_upright(solid) if texture is not None else None, material=_material(texture)
    )
    scene = trimesh.Scene(mesh)
    content: bytes = trimesh.exchange.gltf.export_glb(scene, include_normals=True)
    return content


def _upright(solid: Solid) -> Any:
    # The library counts places in a picture from its lower edge, and turns them as it writes.
    places = solid.places.copy()
    places[:, 1] = 1 - places[:, 1]
    return places


def _material(texture: Image.Image | None) -> PBRMaterial:
    if texture is None:
        return PBRMaterial(
            name="plaster",
            baseColorFactor=_PLASTER,
            metallicFactor=0.0,
            roughnessFactor=_ROUGHNESS,
        )
    picture = texture.copy()
    # What the library asks to know how to write it; grain as PNG would be six times as large.
    picture.format = "JPEG"
    return PBRMaterial(
        name="picture",
        baseColorTexture=picture,
        metallicFactor=0.0,
        roughnessFactor=_ROUGHNESS,
    )
