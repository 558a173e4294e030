"""Forms as vendors read them: multipart/form-data, with a boundary, every part named."""

import hashlib
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, cast

from tests.support.emulator.wire import Request


def read(request: Request) -> dict[str, Any] | None:
    """Return the fields of a form, or nothing if this is none; of a file, what tells it.

    A name that ends in ``[]`` holds a list.
    """
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data; boundary="):
        return None
    whole = f"Content-Type: {kind}\r\n\r\n".encode() + request.body
    message = BytesParser(EmailMessage, policy=HTTP).parsebytes(whole)
    fields: dict[str, Any] = {}
    for part in cast("list[EmailMessage]", message.get_payload()):
        name = part.get_param("name", header="content-disposition")
        if not isinstance(name, str):
            return None
        content = cast("bytes", part.get_payload(decode=True))
        filename = part.get_filename()
        value = content.decode() if filename is None else _file(part, content)
        if name.endswith("[]"):
            fields.setdefault(name, []).append(value)
        elif name in fields:
            return None
        else:
            fields[name] = value
    return fields


def _file(part: EmailMessage, content: bytes) -> dict[str, Any]:
    digest = hashlib.sha256(content).hexdigest()
    return {"content_type": part.get_content_type(), "bytes": len(content), "sha256": digest}
