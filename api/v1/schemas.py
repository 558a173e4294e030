"""Shapes of our own contract that are not the job itself."""

from typing import Any

from marshmallow import RAISE, Schema, ValidationError, validates_schema
from marshmallow.fields import (
    AwareDateTime,
    Boolean,
    Dict,
    Field,
    Float,
    Integer,
    List,
    Nested,
    String,
)
from marshmallow.validate import Length, OneOf, Range

from shared.flags import Flag
from shared.jobs.again import UNSUCCESSFUL
from shared.jobs.batches import MOST_JOBS
from shared.jobs.requests import JobRequestSchema
from shared.jobs.schema import JobSchema
from shared.jobs.status import Kind, Status


class OneOrMore(Field[list[str]]):
    """Values of a fixed set, separated by commas."""

    def __init__(self, values: list[str], **rules: Any) -> None:
        super().__init__(**rules)
        self._values = values

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> list[str]:
        chosen = [one.strip() for one in str(value).split(",")]
        for one in chosen:
            if one not in self._values:
                raise ValidationError(f"{one!r} is not one of: {', '.join(self._values)}.")
        return chosen


class JobFilterSchema(Schema):
    """Which jobs to list."""

    class Meta:
        unknown = RAISE

    limit = Integer(load_default=20, validate=Range(min=1, max=100))
    cursor = String(metadata={"description": "`next_cursor` of the page before."})
    status = OneOrMore(
        list(Status), metadata={"type": "string", "description": "One or more, comma-separated."}
    )
    kind = OneOrMore(
        list(Kind), metadata={"type": "string", "description": "One or more, comma-separated."}
    )
    created_after = AwareDateTime(format="iso", metadata={"description": "With its offset or Z."})
    created_before = AwareDateTime(format="iso", metadata={"description": "With its offset or Z."})
    reference = String(
        validate=Length(min=1, max=500), metadata={"description": "`reference` in the metadata."}
    )


class JobPageSchema(Schema):
    """One page of jobs, newest first."""

    data = List(Nested(JobSchema), required=True)
    next_cursor = String(allow_none=True, metadata={"description": "Null on the last page."})


class LimitsSchema(Schema):
    """What one request may ask for."""

    min_side = Integer(metadata={"description": "Pixels."})
    max_side = Integer(metadata={"description": "Pixels."})
    max_images = Integer()
    min_seconds = Float(metadata={"description": "Of a video."})
    max_seconds = Float(metadata={"description": "Of a video."})
    resolutions = List(String())
    aspect_ratios = List(String())
    frame_rates = List(Integer())


class ModelSchema(Schema):
    """A model on offer."""

    name = String(required=True)
    title = String(required=True)
    kind = String(required=True, validate=OneOf(list(Kind)))
    operations = List(String(), required=True)
    credits = Integer(required=True, metadata={"description": "Price of one output."})
    credits_per_second = Dict(
        keys=String(),
        values=Float(),
        required=True,
        metadata={
            "description": "Price of a second of video, by resolution; a video costs the next "
            "whole number. `credits` is then the price of one as the defaults have it."
        },
    )
    aliases = List(String(), required=True)
    styles = List(String(), required=True)
    negative_prompt = Boolean(required=True)
    takes = List(
        String(),
        required=True,
        metadata={"description": "Fields of an input that not every model takes."},
    )
    limits = Nested(LimitsSchema, required=True)
    defaults = Dict(keys=String(), required=True)
    available = Boolean(required=True)
    provider = String(allow_none=True, metadata={"description": "Who makes it here, at present."})
    is_fallback = Boolean(
        required=True, metadata={"description": "The local engine stands in for the model."}
    )


class ModelListSchema(Schema):
    """Every model on offer."""

    data = List(Nested(ModelSchema), required=True)


class SecretSchema(Schema):
    """What webhooks of this account are signed with."""

    secret = String(required=True)


class FaultSchema(Schema):
    """One thing that is wrong, and where."""

    path = String(required=True)
    message = String(required=True)


class ProblemSchema(Schema):
    """A problem document (RFC 9457)."""

    type = String(required=True)
    title = String(required=True)
    status = Integer(required=True)
    code = String(required=True, metadata={"description": "Never changes its meaning."})
    detail = String(required=True)
    errors = List(Nested(FaultSchema), metadata={"description": "Every fault, with its path."})
    price = Integer(metadata={"description": "In credits, where it costs more than is left."})
    available = Integer(metadata={"description": "The credits that are left."})


class Unread(Nested):
    """Described here, and read elsewhere."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return value


class BatchRequestSchema(Schema):
    """Jobs to submit together."""

    jobs = List(Unread(JobRequestSchema), required=True, validate=Length(min=1, max=MOST_JOBS))
    all_or_nothing = Flag(
        load_default=False, metadata={"description": "One fault refuses every job."}
    )


class BatchItemSchema(Schema):
    """What became of one request: its job, or why there is none."""

    index = Integer(required=True)
    status = Integer(required=True, metadata={"description": "As of a submission of its own."})
    job = Nested(JobSchema)
    error = Nested(ProblemSchema)


class BatchSchema(Schema):
    """What became of each request, in their order."""

    data = List(Nested(BatchItemSchema), required=True)


class _SelectionSchema(Schema):
    """Which jobs are meant: those that meet every filter."""

    ids = List(String(), validate=Length(min=1, max=MOST_JOBS))
    kind = List(String(validate=OneOf(list(Kind))), validate=Length(min=1))
    created_after = AwareDateTime(format="iso", metadata={"description": "With its offset or Z."})
    created_before = AwareDateTime(format="iso", metadata={"description": "With its offset or Z."})
    reference = String(
        validate=Length(min=1, max=500), metadata={"description": "`reference` in the metadata."}
    )
    all = Flag(load_default=False, metadata={"description": "Needed where there is no filter."})

    @validates_schema
    def _is_meant(self, selection: dict[str, Any], **_: Any) -> None:
        has_filter = len(selection) > 1
        if not has_filter and not selection["all"]:
            raise ValidationError('Name a filter, or say "all": true.')
        if has_filter and selection["all"]:
            raise ValidationError("Leave it out, or leave the filters out.", "all")


class CancelSelectionSchema(_SelectionSchema):
    """Which of the unfinished jobs to cancel: those that meet every filter."""

    status = List(String(validate=OneOf([Status.QUEUED, Status.RUNNING])), validate=Length(min=1))


class CanceledSchema(Schema):
    """How many jobs will not be carried out."""

    canceled = Integer(required=True)
    being_stopped = Integer(
        required=True, metadata={"description": "They run, and end as soon as they can."}
    )
    more = Boolean(
        required=True,
        metadata={"description": "Others match, or were moving just now: ask again."},
    )


class RetrySelectionSchema(_SelectionSchema):
    """Which of the failed and canceled jobs to make anew: those that meet every filter."""

    status = List(String(validate=OneOf(UNSUCCESSFUL)), validate=Length(min=1))


class RefusedSchema(Schema):
    """A job that cannot be made anew, and why."""

    id = String(required=True)
    error = Nested(ProblemSchema, required=True)


class RetriedSchema(Schema):
    """The new jobs; `retry_of` of each names the earlier one."""

    data = List(Nested(JobSchema), required=True)
    refused = List(Nested(RefusedSchema), required=True)
    more = Boolean(required=True, metadata={"description": "Others match: ask again."})
