"""The one road to the network: bounded in time, size and tries, polite in pace.

Every loader asks through a :class:`Client`. A request either gives an :class:`Answer` or raises
:class:`FetchError`, within the deadline, whatever the server does: hang, drip, cut off, redirect
elsewhere, send garbage, or send a gigabyte that was packed into a kilobyte.
"""

from __future__ import annotations

import functools
import random
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from analysis import __version__
from analysis.loaders import endpoints
from analysis.loaders.exchange import Answer, FetchError, Question
from analysis.loaders.throttle import Throttle

USER_AGENT = f"municipal-innovation-observatory/{__version__} (open data analysis; python-requests)"
RETRIED = frozenset({429, 500, 502, 503, 504})
MEGABYTE = 1 << 20
# One pace per publisher for the whole process, however many clients ask.
_THROTTLES: dict[str, Throttle] = {}


class Client:
    """Asks publishers, one request at a time.

    ``deadline`` bounds one question in seconds, with all its tries and pauses except the throttle's;
    ``max_bytes`` bounds an answer both as sent and after decompression. ``sleep`` and ``jitter`` are
    replaced in tests. Keys for services that want one go in ``secrets`` (header by service); they are
    sent to that service only and are never stored.
    """

    def __init__(
        self,
        *,
        connect_timeout: float = 10,
        read_timeout: float = 60,
        deadline: float = 300,
        tries: int = 4,
        max_pause: float = 60,
        max_bytes: int = 256 * MEGABYTE,
        secrets: Mapping[str, Mapping[str, str]] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """See the class."""
        self.timeouts = (connect_timeout, read_timeout)
        self.deadline, self.tries, self.max_pause, self.max_bytes = deadline, tries, max_pause, max_bytes
        self.secrets = secrets or {}
        self._sleep, self._jitter = sleep, jitter
        self._session: requests.Session | None = None
        self._unreachable: set[str] = set()

    def expect(self, requests: int) -> None:
        """A plain client shows no progress."""

    def ask(self, question: Question) -> Answer:
        """The answer with status 200.

        Raises:
            FetchError: any other status (with the publisher's own words), no answer within the
                deadline, an answer too large or cut short, or an address that is not https.
        """
        ends = time.monotonic() + self.deadline
        answer: Answer | None = None
        failure = FetchError(question, f"no answer within {self.deadline:.0f} seconds")
        host = urlsplit(question.url).netloc
        # A host that could not be reached a moment ago is tried once more, not as patiently again.
        for attempt in range(1 if host in self._unreachable else self.tries):
            if attempt:
                pause = self._pause(attempt, answer)
                if time.monotonic() + pause > ends:
                    break
                self._sleep(pause)
            ends += self._throttle(question)
            try:
                answer = self._within(ends - time.monotonic(), question)
            except _Dropped as error:
                answer, failure = None, FetchError(question, str(error))
                continue
            self._unreachable.discard(host)
            if answer.status == 200:
                return answer
            failure = FetchError.refused(answer)
            if answer.status not in RETRIED:
                break
        if answer is None:
            self._unreachable.add(host)
        raise failure

    def _throttle(self, question: Question) -> float:
        if endpoints.is_loopback(question.url):
            return 0.0  # politeness is owed to publishers, not to a replay on this machine
        return _throttle_of(question.service).wait()

    def _pause(self, attempt: int, answer: Answer | None) -> float:
        """Seconds before the next try: what the server asks, capped; else doubling, with jitter."""
        asked = _retry_after(answer.headers.get("retry-after", "")) if answer else None
        if asked is None and answer is not None and answer.status == 429:
            asked = self.max_pause / 4 * attempt  # SSB's window is a minute and its 429 may say nothing
        backoff = 2.0 ** (attempt - 1) * (0.5 + self._jitter())
        return min(max(asked or 0.0, backoff), self.max_pause)

    def _within(self, seconds: float, question: Question) -> Answer:
        """One try, in a thread so that nothing (name lookup, a drip of headers) outlasts the deadline."""
        found: list[Answer] = []
        failed: list[Exception] = []
        given_up = threading.Event()

        def run() -> None:
            try:
                found.append(self._send(question, given_up))
            except Exception as error:
                failed.append(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        thread.join(max(seconds, 0.0))
        if thread.is_alive():
            given_up.set()
            self._session = None  # its connection belongs to the thread that was left behind
            raise FetchError(question, f"no complete answer within {self.deadline:.0f} seconds")
        if failed:
            raise failed[0]
        answer = found[0]
        if not endpoints.is_loopback(question.url):
            _throttle_of(question.service).heed(answer.headers)
        return answer

    def _send(self, question: Question, given_up: threading.Event) -> Answer:
        """One exchange, redirects followed; raises _Dropped for what may pass at the next try."""
        session = self._session = self._session or requests.Session()
        headers = {"User-Agent": USER_AGENT, "Accept": question.accept, "Accept-Encoding": "gzip"}
        if question.body is not None:
            headers["Content-Type"] = "application/json"
        headers |= dict(self.secrets.get(question.service, {}))
        url = question.url
        for _ in range(6):
            _allowed(question, url)
            data = question.body.encode() if question.body is not None else None
            try:
                with session.request(
                    question.method,
                    url,
                    data=data,
                    headers=headers,
                    timeout=self.timeouts,
                    stream=True,
                    allow_redirects=False,
                ) as response:
                    if (
                        response.is_redirect
                        and question.method == "GET"
                        and not self.secrets.get(question.service)
                    ):
                        url = urljoin(url, response.headers["location"])
                        continue
                    body = self._read(question, response, given_up)
                    kept = {name.lower(): value for name, value in response.headers.items()}
                    kept.pop("set-cookie", None)
                    now = datetime.now(UTC).isoformat(timespec="seconds")
                    return Answer(question, response.status_code, kept, body, now)
            except (requests.ConnectionError, requests.Timeout, HTTPError, OSError) as error:
                raise _Dropped(f"the connection failed ({_root(error)})") from error
            except requests.RequestException as error:
                raise FetchError(question, f"cannot be asked ({error})") from error
        raise FetchError(question, "redirects more than five times")

    def _read(self, question: Question, response: requests.Response, given_up: threading.Event) -> bytes:
        """The body, unpacked piece by piece so that neither form ever grows past the cap."""
        encoding = response.headers.get("content-encoding", "identity").lower()
        if encoding not in ("identity", "gzip", ""):
            raise FetchError(question, f"sent an encoding that was not asked for: {encoding}")
        unpack = zlib.decompressobj(zlib.MAX_WBITS | 16) if encoding == "gzip" else None
        pieces: list[bytes] = []
        sent = size = 0
        while piece := response.raw.read1(MEGABYTE, decode_content=False):
            if given_up.is_set():
                raise _Dropped("given up")
            sent += len(piece)
            if unpack:
                try:
                    piece = unpack.decompress(piece, self.max_bytes - size + 1)
                except zlib.error as error:
                    raise _Dropped(f"the compressed answer is damaged ({error})") from error
            size += len(piece)
            if max(size, sent) > self.max_bytes:
                raise FetchError(question, f"the answer is larger than {self.max_bytes // MEGABYTE} MB")
            pieces.append(piece)
        if unpack and size and not unpack.eof:
            raise _Dropped("the compressed answer ends too early")
        stated = response.headers.get("content-length", "")
        if stated.isdigit() and int(stated) != sent:
            raise _Dropped(f"the answer ends after {sent} of {stated} bytes")
        return b"".join(pieces)


#: No throttle looks further back than this, in seconds.
LONGEST_WINDOW = max(service.window for service in endpoints.SERVICES.values())


def _throttle_of(name: str) -> Throttle:
    service = endpoints.SERVICES[name]
    return _THROTTLES.setdefault(service.host, Throttle(service.calls, service.window))


def remember(service: str, age: float) -> None:
    """Count a request that an earlier process sent ``age`` seconds ago."""
    _throttle_of(service).remember(age)


@functools.cache
def shared() -> Client:
    """The client, and session, of all who bring none of their own, such as notebooks."""
    return Client()


class _Dropped(Exception):
    """A failed try that may succeed when repeated."""


def _allowed(asked: Question, url: str) -> None:
    scheme = urlsplit(url).scheme
    if scheme != "https" and not (scheme == "http" and endpoints.is_loopback(url)):
        raise FetchError(asked, f"only https is allowed, and {url[:80]} is not")
    if endpoints.is_loopback(url) != endpoints.is_loopback(asked.url):
        raise FetchError(asked, f"redirects between this machine and the network are refused: {url[:80]}")


def _retry_after(text: str) -> float | None:
    """Seconds from a Retry-After header: a number, or an HTTP date."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _root(error: BaseException) -> str:
    """The innermost cause in a few words; the layers above repeat it with addresses of objects."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return f"{type(error).__name__}: {error}"[:160]
