"""Every error becomes an answer: a problem document (RFC 9457), or a dialect's own shape."""

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, current_app, json, request
from werkzeug.exceptions import HTTPException

from shared import errors, log
from shared.db.database import AWAY
from shared.errors import InvalidRequest, ServiceError, Temporary

_logger = log.get(__name__)

Renderer = Callable[[ServiceError], Response]

_EXTENSION = "limner_renderers"

_OF_STATUS: dict[int, type[ServiceError]] = {
    404: errors.NotFound,
    405: errors.MethodNotAllowed,
    413: errors.BodyTooLarge,
}


def install(app: Flask) -> None:
    """Let this application answer every error in the language of the address that was asked."""
    app.extensions[_EXTENSION] = {}
    # Flask-Smorest has registered a handler of its own for HTTP errors: this one replaces it.
    app.register_error_handler(HTTPException, _answer)
    app.register_error_handler(Exception, _answer)


def speak(app: Flask, address: str, renderer: Renderer, *, is_prefix: bool = True) -> None:
    """Let an address, and all that begin with it, answer errors through this renderer."""
    app.extensions[_EXTENSION][address, is_prefix] = renderer


def document(error: ServiceError) -> dict[str, Any]:
    """Turn an error into a problem document."""
    body: dict[str, Any] = {
        "type": f"urn:limner:error:{error.code}",
        "title": type(error).title(),
        "status": error.http_status,
        "code": error.code,
        "detail": error.message,
    }
    if isinstance(error, InvalidRequest):
        body["errors"] = [{"path": one.path, "message": one.message} for one in error.faults]
    if isinstance(error, errors.InsufficientCredits):
        body |= {"price": error.price, "available": error.available}
    return body


def problem(error: ServiceError) -> Response:
    """Answer with an error as a problem document."""
    body = json.dumps(document(error))
    return Response(body, error.http_status, content_type="application/problem+json")


def _answer(error: Exception) -> Response:
    known = _as_service_error(error)
    response = _renderer(request.path)(known)
    if isinstance(error, HTTPException):
        for name, value in error.get_headers():
            if name in {"Allow", "Retry-After"}:
                response.headers[name] = value
    if isinstance(known, Temporary) and "Retry-After" not in response.headers:
        response.headers["Retry-After"] = str(round(known.retry_after or 5))
    challenge = _challenge(known)
    if challenge is not None:
        response.headers["WWW-Authenticate"] = f'Bearer realm="limner"{challenge}'
    if isinstance(known, errors.RangeNotSatisfiable):
        response.headers["Content-Range"] = f"bytes */{known.length}"
    return response


def _challenge(error: ServiceError) -> str | None:
    """Return what to say about a key that does not do (RFC 6750)."""
    match error:
        case errors.KeyRevoked() | errors.KeyExpired():
            return f', error="invalid_token", error_description="{error.message}"'
        case errors.NotAuthenticated():
            return ""
        case errors.ScopeMissing(scope=scope):
            return f', error="insufficient_scope", scope="{scope}"'
    return None


def _renderer(path: str) -> Renderer:
    for (address, is_prefix), renderer in current_app.extensions[_EXTENSION].items():
        if path == address or (is_prefix and path.startswith(address)):
            chosen: Renderer = renderer
            return chosen
    return problem


def _as_service_error(error: Exception) -> ServiceError:
    if isinstance(error, ServiceError):
        return error
    if isinstance(error, HTTPException):
        status = error.code or 500
        return _OF_STATUS.get(status, errors.NotHttp if status < 500 else ServiceError)()
    if isinstance(error, AWAY):
        _logger.error("database away", error=str(error))
        return errors.DatabaseUnavailable()
    _logger.error("unexpected", path=request.path, exc_info=error)
    return ServiceError()
