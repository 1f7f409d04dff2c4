"""A request, what came back, and the error when it cannot be used; no network here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlencode

import orjson

from analysis.errors import AnalysisError
from analysis.loaders import endpoints


@dataclass(frozen=True)
class Question:
    """A request as a publisher's contract states it, independent of where the service is reached."""

    service: str
    path: str
    params: tuple[tuple[str, str], ...] = ()
    body: str | None = None  # JSON text; its presence makes the request a POST
    accept: str = "application/json"

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
        query = f"?{urlencode(self.params)}" if self.params else ""
        return f"{endpoints.base(self.service)}{self.path}{query}"

    def __str__(self) -> str:
        """For messages: who is asked, and for what."""
        return f"{self.service} {self.method} {self.path}"


@dataclass(frozen=True)
class Answer:
    """What a publisher sent (after transport decoding), and when."""

    question: Question
    status: int
    headers: dict[str, str]
    body: bytes = field(repr=False)
    retrieved: str

    def json(self) -> Any:
        """The body as JSON.

        Raises :class:`FetchError` for a page or XML in its place (a maintenance notice comes with
        status 200), and for JSON that is cut short.
        """
        kind = self.headers.get("content-type", "")
        if "html" in kind or "xml" in kind or self.body.lstrip()[:1] == b"<":
            raise FetchError(self.question, f"sent {kind or 'a page'} where JSON was expected", self)
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise FetchError(self.question, f"sent JSON that cannot be read ({error})", self) from None


class FetchError(AnalysisError):
    """A publisher could not be reached, refused, or sent what cannot be used."""

    def __init__(self, question: Question, problem: str, answer: Answer | None = None) -> None:
        """``answer`` is there where the publisher did answer, e.g. with status 404."""
        self.question, self.answer = question, answer
        super().__init__(f"{question}: {problem}")

    @classmethod
    def refused(cls, answer: Answer) -> FetchError:
        """For an answer with another status than 200, in the publisher's own words."""
        return cls(answer.question, f"answered {answer.status}{_words(answer)}", answer)

    @property
    def status(self) -> int | None:
        """The HTTP status, where there was one."""
        return self.answer.status if self.answer else None


class Asker(Protocol):
    """What loaders need: a live client, a recorder, or stored answers."""

    def ask(self, question: Question) -> Answer:
        """The answer, or FetchError."""

    def expect(self, requests: int) -> None:
        """Say how many more requests will follow, for the progress bar."""


def question(
    service: str,
    path: str,
    params: Mapping[str, object] | None = None,
    body: object = None,
    accept: str = "application/json",
) -> Question:
    """A request; ``body`` (any JSON value) makes it a POST."""
    pairs = tuple((name, str(value)) for name, value in (params or {}).items() if value is not None)
    text = None if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Question(service, path, pairs, text, accept)


def _words(answer: Answer) -> str:
    """The publisher's own explanation, where there is one: problem JSON, Brreg, TED, or plain text."""
    try:
        content = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        text = answer.body[:80].decode("utf-8", "replace").strip()
        return (
            f" with a page, not data ({text!r})" if text.startswith("<") else f" ({text!r})" if text else ""
        )
    if not isinstance(content, dict):
        return ""
    words = [content.get(k) for k in ("title", "detail", "feilmelding", "message")]
    faults = content.get("valideringsfeil")
    if isinstance(faults, list):
        words += [fault.get("feilmelding") for fault in faults if isinstance(fault, dict)]
    said = list(dict.fromkeys(word for word in words if isinstance(word, str) and word))
    return f": {'; '.join(said)[:300]}" if said else ""
