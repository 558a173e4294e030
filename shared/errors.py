"""The catalogue of errors: each class is one entry.

The first line of a class's docstring is the message a caller reads, ``code`` never changes, and
the base class says what may follow: a :class:`Temporary` error may be tried again, a
:class:`Permanent` one may not, and after :class:`OutcomeUnknown` nobody knows whether the work was
done, so nothing that costs money may be repeated.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_MOST_CHARACTERS = 2_000
# What no database stores as text and no JSON document should hold.
_ILLEGIBLE = re.compile("[\x00\ud800-\udfff]")


class ServiceError(Exception):
    """Something went wrong on our side."""

    code = "internal_error"
    http_status = 500

    def __init__(self, message: str | None = None) -> None:
        self.message = _legible(message or self.title())
        super().__init__(self.message)

    @classmethod
    def title(cls) -> str:
        """Return the sentence that describes every error of this class."""
        return (cls.__doc__ or cls.__name__).strip().splitlines()[0]


def _legible(message: str) -> str:
    """Return what can be stored and shown of a message that may come from anywhere."""
    return _ILLEGIBLE.sub("\N{REPLACEMENT CHARACTER}", message)[:_MOST_CHARACTERS]


class Temporary(ServiceError):
    """This cannot be done now, and may work later."""

    code = "temporarily_unavailable"
    http_status = 503

    def __init__(self, message: str | None = None, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Permanent(ServiceError):
    """This will not work, however often it is tried."""

    code = "impossible"
    http_status = 422


class OutcomeUnknown(ServiceError):
    """The provider was asked, and its answer was lost."""

    code = "outcome_unknown"
    http_status = 502


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a request, and where."""

    path: str
    message: str


class InvalidRequest(Permanent):
    """The request is not valid."""

    code = "invalid_request"

    def __init__(self, faults: Sequence[Fault], *, valid: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        self.faults = tuple(dict.fromkeys(faults))
        self.valid = valid or {}


class MalformedJson(Permanent):
    """The body is not JSON."""

    code = "malformed_json"
    http_status = 400


class BodyTooLarge(Permanent):
    """The body is larger than this server takes."""

    code = "body_too_large"
    http_status = 413


class BodyCutOff(Permanent):
    """The body ended before all of it had come."""

    code = "body_cut_off"
    http_status = 400


class NotAuthenticated(Permanent):
    """A valid API key is needed: send it as `Authorization: Bearer <key>`."""

    code = "not_authenticated"
    http_status = 401


class KeyRevoked(NotAuthenticated):
    """This API key was revoked."""

    code = "key_revoked"


class KeyExpired(NotAuthenticated):
    """This API key has expired."""

    code = "key_expired"


class AddressNotAllowed(Permanent):
    """This API key opens nothing from this address."""

    code = "address_not_allowed"
    http_status = 403


class ScopeMissing(Permanent):
    """This API key may not do that: it lacks a scope."""

    code = "scope_missing"
    http_status = 403

    def __init__(self, scope: str) -> None:
        super().__init__(f"This API key may not do that: it lacks the scope {scope!r}.")
        self.scope = scope


class AccountSuspended(Permanent):
    """This account is suspended: its keys open nothing. Ask whoever runs this server."""

    code = "account_suspended"
    http_status = 403


class OperatorOnly(Permanent):
    """Only those who run this server may do that: it takes a key of an operators' account."""

    code = "operator_only"
    http_status = 403


class RateLimited(Temporary):
    """Too many requests with this key."""

    code = "rate_limited"
    http_status = 429


class DailyLimitReached(Temporary):
    """This account has submitted as many jobs today as it may."""

    code = "daily_limit_reached"
    http_status = 429


class NoPlaceToWait(Temporary):
    """No more connections can be held right now; ask again, or poll."""

    code = "no_place_to_wait"


class TooManyFailures(Temporary):
    """Too many requests from this address whose key opens nothing."""

    code = "too_many_failures"
    http_status = 429


class InsufficientCredits(Permanent):
    """This account has too few credits left for that."""

    code = "insufficient_credits"
    http_status = 402

    def __init__(self, price: int, available: int) -> None:
        super().__init__(f"This costs {price} credits, and the account has {available} left.")
        self.price, self.available = price, available


class SpendingCapReached(InsufficientCredits):
    """This API key may not spend so many credits any more."""

    code = "spending_cap_reached"

    def __init__(self, price: int, available: int) -> None:
        super().__init__(price, available)
        self.message = f"This costs {price} credits, and this API key may spend {available} more."


class MaxCostExceeded(Permanent):
    """The job may cost more than the request allows."""

    code = "max_cost_exceeded"

    def __init__(self, price: int, max_cost: int) -> None:
        super().__init__(f"The job may cost {price} credits, and max_cost allows {max_cost}.")


class CreditsInUse(Permanent):
    """So many credits cannot be taken: the account has spent them, or its jobs hold them."""

    code = "credits_in_use"
    http_status = 409


class NotFound(Permanent):
    """There is nothing here under this name."""

    code = "not_found"
    http_status = 404


class JobNotFound(NotFound):
    """There is no such job."""

    code = "job_not_found"


class ArtifactNotFound(NotFound):
    """There is no such artifact."""

    code = "artifact_not_found"


class ArtifactGone(Permanent):
    """The file of this artifact is no longer kept."""

    code = "artifact_gone"
    http_status = 410


class ImageNotFound(NotFound):
    """There is no such image."""

    code = "image_not_found"

    def __init__(self, image_id: str) -> None:
        super().__init__(f"There is no image {image_id!r}.")
        self.image_id = image_id


class UploadNotFound(NotFound):
    """There is no such upload."""

    code = "upload_not_found"


class UploadIncomplete(Permanent):
    """The file of this upload has not come yet."""

    code = "upload_incomplete"
    http_status = 409


class UploadIsComplete(Permanent):
    """This upload has its file already: open another one."""

    code = "upload_is_complete"
    http_status = 409


class FileInUse(Permanent):
    """An unfinished job starts from this file: cancel it, or wait."""

    code = "file_in_use"
    http_status = 409


class InputUnusable(Permanent):
    """What the job was to start from cannot be used."""

    code = "input_unusable"


class UnsupportedMedia(Permanent):
    """This is no file of a type that is taken here."""

    code = "unsupported_media"
    http_status = 415


class FileTooLarge(Permanent):
    """The file is larger than this server takes."""

    code = "file_too_large"
    http_status = 413


class KeyNotFound(NotFound):
    """There is no such key."""

    code = "key_not_found"


class EndpointNotFound(NotFound):
    """There is no such webhook endpoint."""

    code = "endpoint_not_found"


class DeliveryNotFound(NotFound):
    """There is no such webhook delivery."""

    code = "delivery_not_found"


class EndpointDisabled(Permanent):
    """The webhook endpoint is disabled: enable it first."""

    code = "endpoint_disabled"
    http_status = 409


class TooManyEndpoints(Permanent):
    """This account has as many webhook endpoints as it may."""

    code = "too_many_endpoints"
    http_status = 409


class AccountNotFound(NotFound):
    """There is no such account."""

    code = "account_not_found"


class AccountExists(Permanent):
    """There is an account of this name already."""

    code = "account_exists"
    http_status = 409


class TooManyKeys(Permanent):
    """This account has, or has made of late, as many keys as it may."""

    code = "too_many_keys"
    http_status = 409


class JobIsOver(Permanent):
    """The job has already ended."""

    code = "job_is_over"
    http_status = 409


class JobIsNotOver(Permanent):
    """The job has not ended yet."""

    code = "job_is_not_over"
    http_status = 409


class IdempotencyKeyReused(Permanent):
    """This Idempotency-Key was sent before, with another request."""

    code = "idempotency_key_reused"


class IdempotencyInProgress(Temporary):
    """The same request is being answered at this moment."""

    code = "idempotency_in_progress"
    http_status = 409


class RangeNotSatisfiable(Permanent):
    """The range lies outside the file."""

    code = "range_not_satisfiable"
    http_status = 416

    def __init__(self, length: int) -> None:
        super().__init__(f"The file has {length} bytes.")
        self.length = length


class ModelUnavailable(Temporary):
    """No provider is configured that can serve this model."""

    code = "model_unavailable"


class ProviderRefused(Permanent):
    """The provider cannot do what was asked."""

    code = "provider_refused"


class ContentRefused(Permanent):
    """The provider refuses to make this, because of what it would show."""

    code = "content_refused"


class ProviderMisconfigured(Permanent):
    """The provider does not accept our key, or our account there is used up."""

    code = "provider_misconfigured"
    http_status = 502


class ProviderMisbehaved(Permanent):
    """The provider answered something that we do not understand."""

    code = "provider_misbehaved"
    http_status = 502


class ResultLost(Permanent):
    """The provider made it, and it could not be stored."""

    code = "result_lost"
    http_status = 502


class ProviderLostJob(Temporary):
    """The provider no longer knows this job."""

    code = "provider_lost_job"


class ProviderFailed(Temporary):
    """The provider took the order, and could not carry it out."""

    code = "provider_failed"


class ProviderTimedOut(Permanent):
    """The provider did not finish in time, or its result could not be fetched."""

    code = "provider_timed_out"
    http_status = 504


class AttemptTimedOut(Permanent):
    """The work took longer than it may, and was stopped."""

    code = "attempt_timed_out"
    http_status = 504


class ProviderUnavailable(Temporary):
    """The provider cannot serve now, and may later."""

    code = "provider_unavailable"


class NotSubmitted(ProviderUnavailable):
    """The provider was not reached: nothing was sent to it."""

    code = "provider_unreachable"


class ProviderBusy(ProviderUnavailable):
    """The provider takes no more for the moment."""

    code = "provider_busy"


class StorageUnavailable(Temporary):
    """The storage does not answer."""

    code = "storage_unavailable"


class DeadlineExceeded(Permanent):
    """The job was not finished, or not begun, by the time that its caller had set."""

    code = "deadline_exceeded"
    http_status = 408


class WorkerLost(Temporary):
    """The worker that carried the job out disappeared too often."""

    code = "worker_lost"


class LinkExpired(Permanent):
    """This link has expired, or was changed on its way."""

    code = "link_expired"
    http_status = 403


class AddressRefused(Permanent):
    """This address may not be fetched or called."""

    code = "address_refused"


class JobCanceled(Exception):
    """The caller asked to stop this job."""


class LeaseLost(Exception):
    """This worker was given up for dead; another one has the job."""


class MethodNotAllowed(Permanent):
    """This address does not take this method."""

    code = "method_not_allowed"
    http_status = 405


class NotHttp(Permanent):
    """The request is not well-formed HTTP."""

    code = "bad_request"
    http_status = 400


class DatabaseUnavailable(Temporary):
    """The database does not answer; nothing was changed."""

    code = "database_unavailable"


class BrokerUnavailable(Temporary):
    """The broker does not answer."""

    code = "broker_unavailable"
