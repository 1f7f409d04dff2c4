"""The publishers' responses as sent, in ``data/raw/.answers``: to go on with a broken fetch, and to look at."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import shutil
import time
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tqdm import tqdm

from analysis import paths
from analysis.io import sha256, write_atomically
from analysis.loaders.client import Client
from analysis.loaders.messages import SERVICES, FetchError, Request, Response
from analysis.loaders.rate_limit import limiter

#: A broken fetch is taken up again within this time; older parts are asked for anew.
RESUMED_FOR = timedelta(hours=12)


class Recorder(Client):
    """A client that keeps every response of one dataset, so that a broken fetch can go on.

    With ``write=False`` (a dry run) nothing is read from or written to the disk.
    """

    def __init__(self, source_id: str, client: Client, bar: tqdm, *, write: bool) -> None:
        super().__init__()
        self.retrieved, self.resumed = "", 0
        self._inner, self._bar, self._write = client, bar, write
        self._folder = folder() / source_id / "partial"
        self._seen: dict[str, Response] = {}

    def expect(self, requests: int) -> None:
        """Tell the progress bar how many requests will follow."""
        self._bar.total = self._bar.n + requests
        self._bar.refresh()

    def send(self, request: Request) -> Response:
        """As the client; a response such as 404 is kept too, since loaders draw conclusions from it."""
        response = self._seen.get(request.key) or self._stored(request) or self._sent(request)
        self._seen[request.key] = response
        self.retrieved = max(self.retrieved, response.retrieved)
        if response.status != 200:
            raise FetchError.refused(response)
        return response

    def _sent(self, request: Request) -> Response:
        try:
            response = self._inner.send(request)
        except FetchError as error:
            if error.response is None or error.status not in (404, 410):
                raise
            response = error.response
        self._bar.update()
        if self._write:
            about = asdict(request) | {
                "method": request.method,
                "url": request.url,
                "status": response.status,
            }
            about |= {"headers": response.headers, "retrieved": response.retrieved}
            about["sha256"] = sha256(response.body)
            write_atomically(self._folder / f"{request.key}.gz", gzip.compress(response.body, 6, mtime=0))
            text = json.dumps(about, ensure_ascii=False, indent=1)
            write_atomically(self._folder / f"{request.key}.json", text)
        return response

    def _stored(self, request: Request) -> Response | None:
        if not self._write:
            return None
        try:
            about = json.loads((self._folder / f"{request.key}.json").read_bytes())
            body = gzip.decompress((self._folder / f"{request.key}.gz").read_bytes())
            age = datetime.now(UTC) - datetime.fromisoformat(about["retrieved"])
            if abs(age) > RESUMED_FOR or sha256(body) != about["sha256"]:
                return None
            response = Response(request, int(about["status"]), about["headers"], body, about["retrieved"])
        except (OSError, EOFError, ValueError, KeyError, TypeError):
            return None  # not there, or not whole: ask again
        self.resumed += 1
        return response


def folder() -> Path:
    """Folder of the responses, which git does not know."""
    return paths.raw() / ".answers"


def forget(source_id: str) -> None:
    """Remove what an unfinished fetch has kept."""
    shutil.rmtree(folder() / source_id / "partial", ignore_errors=True)


def keep(source_id: str) -> None:
    """The responses of a finished fetch take the place of those before."""
    of_source = folder() / source_id
    shutil.rmtree(of_source / "last", ignore_errors=True)
    with contextlib.suppress(FileNotFoundError):
        os.replace(of_source / "partial", of_source / "last")


def remember_pace() -> None:
    """Count the requests that a process sent a moment ago, so that two runs keep one pace."""
    longest = max(service["window"] for service in SERVICES.values())
    for path in folder().glob("*/*/*.json"):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            age = time.time() - path.stat().st_mtime
            if 0 <= age <= longest:
                limiter(json.loads(path.read_bytes())["service"]).remember(age)
