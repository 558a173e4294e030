"""The five statuses of a job and its moves, the kinds of work, the queues, the roles of files.

========== =============================================================================
queued     Waits for a worker. Moved on by a worker's claim, or by a cancellation.
running    A worker has it on lease. Moved on by that worker, or, once the lease has run
           out, by the keeper, who gives it back to the queue.
succeeded  Over: its artifacts are stored.
failed     Over: ``error_code`` and ``error_message`` say why.
canceled   Over: its caller wished so, and nothing runs any more.
========== =============================================================================
"""

from enum import StrEnum


class Status(StrEnum):
    """What may happen to a job next."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def is_over(self) -> bool:
        """Say whether a job in this status will never move again."""
        return self in OVER


OVER = frozenset({Status.SUCCEEDED, Status.FAILED, Status.CANCELED})

# Every move of a job: verb -> (from which status, to which).
TRANSITIONS: dict[str, tuple[Status, Status]] = {
    "claim": (Status.QUEUED, Status.RUNNING),
    "park": (Status.RUNNING, Status.RUNNING),
    "resume": (Status.RUNNING, Status.RUNNING),
    "succeed": (Status.RUNNING, Status.SUCCEEDED),
    "fail": (Status.RUNNING, Status.FAILED),
    "retry": (Status.RUNNING, Status.QUEUED),
    "defer": (Status.RUNNING, Status.QUEUED),
    "rescue": (Status.RUNNING, Status.QUEUED),
    "repark": (Status.RUNNING, Status.RUNNING),
    "cancel": (Status.QUEUED, Status.CANCELED),
    "abort": (Status.RUNNING, Status.CANCELED),
    "expire": (Status.QUEUED, Status.CANCELED),
}


class Kind(StrEnum):
    """What a job makes; each kind has a queue of the same name."""

    IMAGE = "image"
    VIDEO = "video"
    MODEL_3D = "3d"
    RENDER = "render"


# What each kind of job can do; a model does some of it.
OPERATIONS: dict[Kind, tuple[str, ...]] = {
    Kind.IMAGE: (
        "generate",
        "edit",
        "upscale",
        "resize",
        "crop",
        "rotate",
        "mirror",
        "convert",
        "blur",
        "modulate",
        "watermark",
        "import",
    ),
    Kind.VIDEO: ("generate", "from_image"),
    Kind.MODEL_3D: ("from_image",),
    Kind.RENDER: ("timeline", "stitch", "trim"),
}


class Role(StrEnum):
    """What a file of a job is to its caller."""

    RESULT = "result"  # what was asked for, and is paid for
    POSTER = "poster"  # a picture out of a video
    PREVIEW = "preview"  # a picture of a 3D model
    THUMBNAIL = "thumbnail"  # a small picture for lists


class Queue(StrEnum):
    """Where workers listen."""

    IMAGE = "image"
    VIDEO = "video"
    MODEL_3D = "3d"
    RENDER = "render"
    WEBHOOK = "webhook"
    MAINTENANCE = "maintenance"
