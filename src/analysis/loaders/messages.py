"""Requests to publishers, their responses, and the error when one cannot be used; no network here.

``ANALYSIS_ENDPOINTS`` (a loopback address) replaces every base address by ``<that address>/<service>``; tests
set it to a replay server.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson

from analysis.errors import AnalysisError

OVERRIDE = "ANALYSIS_ENDPOINTS"
#: ``services``: base address, pace, publisher and licence; ``datasets``: what ``fetch`` keeps.
CONFIGURATION: dict[str, dict[str, dict[str, Any]]] = tomllib.loads(
    files(__package__).joinpath("datasets.toml").read_text(encoding="utf-8")
)
SERVICES = CONFIGURATION["services"]


@dataclass(frozen=True)
class Request:
    """A request as a publisher's contract states it, independent of where the service is reached."""

    service: str
    path: str
    params: tuple[tuple[str, str], ...] = ()
    body: str | None = None  # JSON text; its presence makes the request a POST
    accept: str = "application/json"

    @classmethod
    def make(
        cls,
        service: str,
        path: str,
        params: Mapping[str, object] | None = None,
        body: object = None,
    ) -> Request:
        """From parameters (those that are None are left out) and any JSON value as body."""
        pairs = tuple((name, str(value)) for name, value in (params or {}).items() if value is not None)
        text = None if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        return cls(service, path, pairs, text)

    @property
    def key(self) -> str:
        """The same for the same request, in any run and against any base address."""
        parts = [self.service, self.path, self.params, self.body, self.accept]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    @property
    def method(self) -> str:
        """GET, or POST where there is a body."""
        return "GET" if self.body is None else "POST"

    @property
    def url(self) -> str:
        """The full address with its parameters."""
        override = os.environ.get(OVERRIDE, "").rstrip("/")
        base = f"{override}/{self.service}" if override else SERVICES[self.service]["base"]
        return f"{base}{self.path}" + (f"?{urlencode(self.params)}" if self.params else "")

    def __str__(self) -> str:
        """Who is asked, and for what."""
        return f"{self.service} {self.method} {self.path}"


@dataclass(frozen=True)
class Response:
    """What a publisher sent (after transport decoding), and when."""

    request: Request
    status: int
    headers: dict[str, str]
    body: bytes = field(repr=False)
    retrieved: str

    def json(self) -> Any:
        """The body as JSON.

        Raises
        ------
        FetchError
            A page or XML in its place (a maintenance notice comes with status 200), or JSON cut short.
        """
        kind = self.headers.get("content-type", "")
        if "html" in kind or "xml" in kind or self.body.lstrip()[:1] == b"<":
            raise FetchError(self.request, f"sent {kind or 'a page'} where JSON was expected", self)
        try:
            return read_json(self.body)
        except ValueError as error:
            raise FetchError(self.request, f"sent JSON that cannot be read ({error})", self) from None


def read_json(body: bytes) -> Any:
    """JSON as publishers send it: also after a byte-order mark, and with line breaks as they are inside texts.

    Raises
    ------
    ValueError
        It is no JSON, or holds half a letter or a number that is none.

    Examples
    --------
    >>> read_json(b'{"title": "one' + bytes([10]) + b'two"}')
    {'title': 'one\\ntwo'}
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        try:
            content = json.loads(body, strict=False)
            json.dumps(content, ensure_ascii=False, allow_nan=False).encode()
        except (ValueError, RecursionError):
            raise error from None
        return content


#: Where publishers put the words of a refusal: problem JSON, Brreg, TED, KLASS, Doffin.
_SAID = ("title", "detail", "feilmelding", "message", "reason", "error", "error_description", "description")


class FetchError(AnalysisError):
    """A publisher could not be reached, refused, or sent what cannot be used."""

    def __init__(self, request: Request, problem: str, response: Response | None = None) -> None:
        """``response`` is there where the publisher did answer, e.g. with status 404."""
        self.request, self.response = request, response
        super().__init__(f"{request}: {problem}")

    @classmethod
    def refused(cls, response: Response) -> FetchError:
        """For a response with another status than 200, in the publisher's own words."""
        return cls(response.request, f"answered {response.status}{_explanation(response)}", response)

    @property
    def status(self) -> int | None:
        """The HTTP status, where there was one."""
        return self.response.status if self.response else None


def is_loopback(url: str) -> bool:
    """Whether an address stays on this machine."""
    return urlsplit(url).hostname in ("127.0.0.1", "::1", "localhost")


def begins_with_day(text: str) -> bool:
    """Whether a text is a day of the calendar as 2024-01-31, or a moment of it.

    Examples
    --------
    >>> begins_with_day("2024-01-31+01:00"), begins_with_day("2024-02-31"), begins_with_day("31.01.2024")
    (True, False, False)
    """
    try:
        return bool(re.match(r"\d{4}-\d\d-\d\d", text) and date.fromisoformat(text[:10]))
    except ValueError:
        return False


def _explanation(response: Response) -> str:
    """The publisher's own words, where there are any: problem JSON, Brreg, TED, or plain text."""
    try:
        content = read_json(response.body)
    except ValueError:
        text = _printable(response.body[:80].decode("utf-8", "replace"))
        if text.startswith("<"):
            return f" with a page, not data ({text!r})"
        return f" ({text!r})" if text else ""
    said = list(dict.fromkeys(filter(None, map(_printable, _words(content)))))
    return f": {'; '.join(said)[:300]}" if said else ""


def _words(content: object, depth: int = 3) -> Iterator[str]:
    """What a publisher says of its refusal, whatever it calls it, also inside other objects and lists."""
    if isinstance(content, list) and depth:
        for item in content[:10]:
            yield from _words(item, depth - 1)
    elif isinstance(content, dict):
        yield from (word for key in _SAID if isinstance(word := content.get(key), str))
        for value in content.values() if depth else ():
            if isinstance(value, dict | list):
                yield from _words(value, depth - 1)


def _printable(text: str) -> str:
    """Without control characters, which a terminal would obey."""
    return "".join(character for character in text if character.isprintable()).strip()
