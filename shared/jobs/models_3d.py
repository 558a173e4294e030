"""What may be asked of a 3D model."""

from marshmallow import Schema
from marshmallow.fields import Float, String
from marshmallow.validate import OneOf, Range

from shared.flags import Flag
from shared.jobs.media import IMAGES, Media

DETAILS = ("low", "medium", "high")


class ModelFromImageSchema(Schema):
    """Input of kind ``3d``, operation ``from_image``: ``depth`` in shares of the longer side."""

    image = Media(IMAGES, required=True)
    depth = Float(validate=Range(min=0.01, max=0.5))
    detail = String(validate=OneOf(DETAILS))
    texture = Flag()
