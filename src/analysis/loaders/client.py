"""HTTP client for the publishers: time-outs, bounded retries, a rate limit per host, a size cap, https only."""

from __future__ import annotations

import random
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError, InvalidHeader
from urllib3.util import Retry

from analysis import __version__
from analysis.loaders.messages import FetchError, Request, Response, is_loopback
from analysis.loaders.rate_limit import limiter

USER_AGENT = f"municipal-innovation-observatory/{__version__} (open data analysis; python-requests)"
RETRIED = frozenset({429, 500, 502, 503, 504})
MEGABYTE = 1 << 20


class Client:
    """Sends requests to the publishers, one at a time.

    Parameters
    ----------
    timeout : tuple of float
        Seconds to connect, and between two pieces of an answer.
    deadline : float
        Seconds for one request with all its tries and pauses, apart from the rate limit's.
    tries, max_pause : int, float
        How often a request is sent at most, and the longest pause between two tries in seconds.
    max_bytes : int
        Bound of an answer both as sent and after decompression.
    secrets : mapping
        Headers by service, for those that want a key; sent to that service only and never stored.
    sleep, jitter : callable
        Replaced in tests.
    """

    def __init__(
        self,
        *,
        timeout: tuple[float, float] = (10, 60),
        deadline: float = 300,
        tries: int = 4,
        max_pause: float = 60,
        max_bytes: int = 256 * MEGABYTE,
        secrets: Mapping[str, Mapping[str, str]] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """See the class."""
        self.timeout, self.deadline, self.tries = timeout, deadline, tries
        self.max_pause, self.max_bytes, self.secrets = max_pause, max_bytes, secrets or {}
        self._sleep, self._jitter = sleep, jitter
        self._session: requests.Session | None = None
        self._unreachable: set[str] = set()

    def expect(self, requests: int) -> None:
        """Be told how many requests will follow; a plain client shows no progress."""

    def send(self, request: Request) -> Response:
        """Send a request and return the response, which has status 200.

        Raises
        ------
        FetchError
            Any other status (with the publisher's own words), no answer within the deadline, an answer
            too large or cut short, or an address that is not https.
        """
        ends = time.monotonic() + self.deadline
        response: Response | None = None
        failure = FetchError(request, f"no answer within {self.deadline:.0f} seconds")
        host = urlsplit(request.url).netloc
        # A host that could not be reached a moment ago is tried once more, not as patiently again.
        for attempt in range(1 if host in self._unreachable else self.tries):
            if attempt:
                pause = self._pause(attempt, response)
                if time.monotonic() + pause > ends:
                    break
                self._sleep(pause)
            if not is_loopback(request.url):
                ends += limiter(request.service).wait()
            try:
                response = self._within(ends - time.monotonic(), request)
            except _Dropped as error:
                response, failure = None, FetchError(request, str(error))
                continue
            self._unreachable.discard(host)
            if response.status == 200:
                return response
            failure = FetchError.refused(response)
            if response.status not in RETRIED:
                break
        if response is None:
            self._unreachable.add(host)
        raise failure

    def _pause(self, attempt: int, response: Response | None) -> float:
        """Seconds before the next try: what the server asks, capped; else doubling, with jitter."""
        asked = 0.0
        if response is not None:
            try:
                asked = Retry().parse_retry_after(response.headers["retry-after"])
            except (KeyError, InvalidHeader, ValueError, OverflowError):
                # SSB's window is a minute, and its 429 may say nothing.
                asked = self.max_pause / 4 * attempt if response.status == 429 else 0.0
        return min(max(asked, 2.0 ** (attempt - 1) * (0.5 + self._jitter())), self.max_pause)

    def _within(self, seconds: float, request: Request) -> Response:
        """One try, in a thread so that nothing (name lookup, a drip of headers) outlasts the deadline."""
        found: list[Response] = []
        failed: list[Exception] = []
        given_up = threading.Event()

        def run() -> None:
            try:
                found.append(self._try(request, given_up))
            except Exception as error:
                failed.append(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        thread.join(max(seconds, 0.0))
        if thread.is_alive():
            given_up.set()
            self._session = None  # its connection belongs to the thread that was left behind
            raise FetchError(request, f"no complete answer within {self.deadline:.0f} seconds")
        if failed:
            raise failed[0]
        if not is_loopback(request.url):
            limiter(request.service).update_from_headers(found[0].headers)
        return found[0]

    def _try(self, request: Request, given_up: threading.Event) -> Response:
        """One exchange, redirects followed; raises _Dropped for what may pass at the next try."""
        session = self._session = self._session or requests.Session()
        secrets = dict(self.secrets.get(request.service, {}))
        headers = {"User-Agent": USER_AGENT, "Accept": request.accept, "Accept-Encoding": "gzip"} | secrets
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        url = request.url
        for _ in range(6):
            _check_address(request, url)
            try:
                with session.request(
                    request.method,
                    url,
                    data=None if request.body is None else request.body.encode(),
                    headers=headers,
                    timeout=self.timeout,
                    stream=True,
                    allow_redirects=False,
                ) as raw:
                    if raw.is_redirect and request.method == "GET" and not secrets:
                        url = urljoin(url, raw.headers["location"])
                        continue
                    body = self._read(request, raw, given_up)
                    kept = {n.lower(): v for n, v in raw.headers.items() if n.lower() != "set-cookie"}
                    now = datetime.now(UTC).isoformat(timespec="seconds")
                    return Response(request, raw.status_code, kept, body, now)
            except (requests.ConnectionError, requests.Timeout, HTTPError, OSError) as error:
                raise _Dropped(f"the connection failed ({_root(error)})") from error
            except (requests.RequestException, ValueError) as error:
                raise FetchError(request, f"cannot be asked ({error})") from error
        raise FetchError(request, "redirects more than five times")

    def _read(self, request: Request, raw: requests.Response, given_up: threading.Event) -> bytes:
        """The body, unpacked piece by piece so that neither form ever grows past the cap."""
        encoding = raw.headers.get("content-encoding", "identity").lower()
        if encoding not in ("identity", "gzip", ""):
            raise FetchError(request, f"sent an encoding that was not asked for: {encoding}")
        pieces: list[bytes] = []
        sent = size = 0
        unpack = zlib.decompressobj(zlib.MAX_WBITS | 16) if encoding == "gzip" else None
        while piece := raw.raw.read1(MEGABYTE, decode_content=False):
            if given_up.is_set():
                raise _Dropped("given up")
            sent += len(piece)
            while piece:
                if unpack is None:
                    part, piece = piece, b""
                else:
                    if unpack.eof:  # gzip may come in several members
                        unpack = zlib.decompressobj(zlib.MAX_WBITS | 16)
                    try:
                        part = unpack.decompress(piece, self.max_bytes - size + 1)
                    except zlib.error as error:
                        raise _Dropped(f"the compressed answer is damaged ({error})") from error
                    piece = unpack.unconsumed_tail or unpack.unused_data
                size += len(part)
                if max(size, sent) > self.max_bytes:
                    raise FetchError(request, f"the answer is larger than {self.max_bytes // MEGABYTE} MB")
                pieces.append(part)
        if unpack and sent and not unpack.eof:
            raise _Dropped("the compressed answer ends too early")
        stated = raw.headers.get("content-length", "")
        if stated.isdigit() and int(stated) != sent:
            raise _Dropped(f"the answer ends after {sent} of {stated} bytes")
        return b"".join(pieces)


@cache
def shared() -> Client:
    """The client of all who bring none of their own, such as notebooks."""
    return Client()


class _Dropped(Exception):
    """A failed try that may succeed when repeated."""


def _check_address(request: Request, url: str) -> None:
    try:
        scheme, loopback = urlsplit(url).scheme, is_loopback(url)
    except ValueError:
        raise FetchError(request, f"redirects to what is no address: {url[:80]}") from None
    if "\\" in url:  # which library reads it as which host is anybody's guess
        raise FetchError(request, f"redirects to what is no address: {url[:80]}")
    if scheme != "https" and not (scheme == "http" and loopback):
        raise FetchError(request, f"only https is allowed, and {url[:80]} is not")
    if loopback != is_loopback(request.url):
        raise FetchError(request, f"redirects between this machine and the network are refused: {url[:80]}")


def _root(error: BaseException) -> str:
    """The innermost cause in a few words; the layers above repeat it with addresses of objects."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return f"{type(error).__name__}: {error}"[:160]
