"""Why a render ends without a result, beside what is wrong with its input."""

from shared.errors import Permanent, Temporary


class RenderTooLarge(Permanent):
    """What is to be rendered is larger than this server makes."""

    code = "render_too_large"


class RenderFailed(Temporary):
    """The renderer broke off."""

    code = "render_failed"
