"""The server: answers as the publishers' contracts say, or misbehaves as a test asks."""

from __future__ import annotations

import gzip
import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import prod
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.replay.world import World

PROBLEM = "application/problem+json"
JSON = "application/json; charset=utf-8"
MAINTENANCE = b"<!DOCTYPE html><html><body><h1>Vedlikehold</h1></body></html>"


@dataclass
class Reply:
    """One HTTP answer."""

    status: int
    body: bytes = b""
    kind: str = JSON
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Mishap:
    """What goes wrong, where (a regex on method and path), how often, after how many good answers."""

    kind: str
    where: str = "."
    times: int = 1_000_000
    after: int = 0

    def strikes(self, target: str) -> bool:
        """Counts down; True when this request is to be spoiled."""
        if not self.times or not re.search(self.where, target):
            return False
        if self.after:
            self.after -= 1
            return False
        self.times -= 1
        return True


class Replay:
    """``with Replay() as replay:`` serves ``replay.world`` at ``replay.url`` until the block ends."""

    def __init__(self, world: World | None = None) -> None:
        """A fresh world, no mishaps."""
        self.world = world or World()
        self.mishaps: list[Mishap] = []
        self.requests: list[tuple[str, str, bytes, dict[str, str]]] = []
        self.index_form = "object"
        self.released = threading.Event()

    def __enter__(self) -> Replay:
        """Start listening on a free port."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, and let go whoever hangs."""
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def count(self, pattern: str) -> int:
        """How many requests matched a regex on method and path."""
        return sum(bool(re.search(pattern, f"{method} {path}")) for method, path, _, _ in self.requests)

    def answer(self, method: str, target: str, body: bytes, headers: dict[str, str]) -> Reply:
        """Route to a publisher."""
        parts = urlsplit(target)
        _, service, *rest = unquote(parts.path).split("/")
        path = "/" + "/".join(rest)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        publishers: dict[str, Callable[..., Reply]] = {
            "ssb": self._ssb,
            "klass": self._klass,
            "kartverket": self._kartverket,
            "geonorge": self._geonorge,
            "brreg": self._brreg,
            "research_council": self._research_council,
            "ted": self._ted,
            "doffin": self._doffin,
        }
        if len(target) > 2_100:
            return Reply(404, b"<html><title>404 - File or directory not found.</title></html>", "text/html")
        return publishers[service](method, path, query, body, headers)

    # Statistics Norway, PxWebApi v2

    def _ssb(
        self, method: str, path: str, query: dict[str, str], body: bytes, headers: dict[str, str]
    ) -> Reply:
        world = self.world
        limits = {"x-ratelimit-limit": "40", "x-ratelimit-policy": "40;w=60s", "x-ratelimit-remaining": "39"}
        if path == "/config":
            config = {
                "apiVersion": "2.3.2",
                "maxDataCells": world.max_cells,
                "maxCallsPerTimeWindow": 0,
                "timeWindow": 0,
            }
            return _json(config, headers=limits)
        if found := re.fullmatch(r"/codelists/(\w+)", path, re.I):
            known = world.codelists.get(found[1])
            if known is None:
                return _problem("Non-existent codelist", 404, 400)
            values = [{"code": c, "label": n, "valueMap": [c[2:]]} for c, n in known["codes"].items()]
            return _json({"id": found[1], "label": known["label"], "type": "Aggregation", "values": values})
        found = re.fullmatch(r"/tables/(\w+)(/metadata|/data)?", path)
        table = world.tables.get(found[1]) if found else None
        if found is None or table is None:
            # /data answers 400 over HTTP while its body says 404.
            status = 400 if path.endswith("/data") else 404
            return _problem("Non-existent table", status, 404)
        asked = {name[9:-1]: value for name, value in query.items() if name.lower().startswith("codelist[")}
        if found[2] == "/metadata":
            shown, fault = self._aggregated(table, asked)
            return fault or _json(shown.document(None, self.index_form), headers=limits)
        if method == "POST":
            selection = json.loads(body)["selection"]
            chosen = {s["variableCode"]: s["valueCodes"] for s in selection}
            asked = {s["variableCode"]: s["codelist"] for s in selection if s.get("codelist")}
        else:
            chosen = {n[11:-1]: v for n, v in query.items() if n.lower().startswith("valuecodes[")}
            if any(re.search(r"\([^)]*,", v) and not v.startswith("[") for v in chosen.values()):
                return _problem("Illegal selection expression", 400)
            chosen = {n: v.strip("[]").split(",") for n, v in chosen.items()}
        if query.get("outputFormat", "json-stat2") != "json-stat2":
            return _problem("Unsupported output format", 400, detail="Unsupported output format")
        table, fault = self._aggregated(table, asked)
        return fault or self._data(table, chosen)

    def _aggregated(self, table: Any, asked: dict[str, str]) -> tuple[Any, Reply | None]:
        for variable, codelist in asked.items():
            if codelist not in self.world.codelists:
                return table, _problem("Non-existent codelist", 400)
            codes = self.world.codelists[codelist]["codes"]
            shown = [
                _with_labels(v, codes) if v.id.lower() == variable.lower() else v for v in table.variables
            ]
            table = type(table)(table.id, table.title, shown, table.cell, table.updated, table.notes)
        return table, None

    def _data(self, table: Any, chosen: dict[str, list[str]]) -> Reply:
        selection: dict[str, list[str]] = {}
        for name, codes in chosen.items():
            variable = table.variable(name)
            if variable is None:
                return _problem("Non-existent variable", 400)
            known = {code.lower(): code for code in variable.labels}
            if len(set(codes)) < len(codes):
                return Reply(500)  # what SSB does with a code that stands twice
            spelled = list(known.values()) if codes == ["*"] else [known.get(code.lower()) for code in codes]
            if None in spelled:
                return _problem("Non-existent value", 400)
            selection[variable.id] = [code for code in variable.labels if code in set(spelled)]
        if any(v.mandatory and v.id not in selection for v in table.variables):
            return _problem("Missing selection for mandantory variable", 400)
        if prod(map(len, selection.values())) > self.world.max_cells:
            return _problem("Too many cells selected", 400, detail="Too many cells selected")
        return _json(table.document(selection, self.index_form))

    # KLASS

    def _klass(
        self, method: str, path: str, query: dict[str, str], body: bytes, headers: dict[str, str]
    ) -> Reply:
        if "json" not in headers.get("accept", "") and not path.endswith(".json"):
            return Reply(200, b'<?xml version="1.0"?><codeList/>', "application/xml;charset=UTF-8")
        found = re.fullmatch(
            r"/classifications/(\d+)/(codes|changes|corresponds|correspondsAt)(?:\.json)?", path
        )
        if found is None or found[1] not in ("131", "104"):
            return _problem("Not Found", 404, detail=f"Classification not found: {path}")
        structures, kind = self.world.structures, found[2]
        if kind == "codes":
            if found[1] == "104":
                codes = [klass_code(c, n, "2024-01-01") for c, n in self.world.counties.items()]
                return _json({"codes": [*codes, klass_code("99", "Uoppgitt", "2020-01-01")]})
            old = {c: n for c, n in structures[2020].items() if c not in structures[2024]}
            codes = [klass_code(c, n, "2020-01-01", "2024-01-01") for c, n in old.items()]
            codes += [klass_code(c, n, "2024-01-01") for c, n in structures[2024].items()]
            return _json({"codes": [*codes, klass_code("9999", "Uoppgitt", "2020-01-01")]})
        if kind == "changes":
            keys = {"change_date": "changeOccurred", "old_code": "oldCode", "old_name": "oldName"}
            keys |= {"new_code": "newCode", "new_name": "newName"}
            inside = [row for row in self.world.changes if row["change_date"] >= query["from"]]
            return _json({"codeChanges": [{keys[name]: row[name] for name in keys} for row in inside]})
        target = query.get("targetClassificationId", "")
        # Any part of the period without a correspondence table is a 404 for the whole period.
        if kind == "corresponds" and target == "112" and query.get("from", "") < "2022-01-01":
            return _problem("Not Found", 404, detail="no correspondence table")
        classes = self.world.classes
        codes_of = {"128": lambda c, _: classes[c], "112": lambda _, n: f"EKG{n % 17 + 1:02d}"}[target]
        items = [
            {
                "sourceCode": code,
                "sourceName": name,
                "targetCode": codes_of(code, number),
                "targetName": "-",
                "validFrom": "2024-01-01",
                "validTo": None,
            }
            for number, (code, name) in enumerate(structures[2024].items())
        ]
        return _json({"correspondenceItems": items})

    # Kartverket

    def _kartverket(
        self, method: str, path: str, query: dict[str, str], body: bytes, headers: dict[str, str]
    ) -> Reply:
        if path == "/fylkerkommuner":
            counties: dict[str, list[dict[str, str]]] = {}
            for code, name in self.world.structures[2024].items():
                name = self.world.names.get(code, name)
                counties.setdefault(code[:2], []).append({"kommunenummer": code, "kommunenavnNorsk": name})
            return _json([{"fylkesnummer": c, "fylkesnavn": c, "kommuner": m} for c, m in counties.items()])
        return Reply(404)

    def _geonorge(
        self, method: str, path: str, query: dict[str, str], body: bytes, headers: dict[str, str]
    ) -> Reply:
        home = "https://nedlasting.geonorge.no"
        name = "/geonorge/Basisdata/Kommuner/GeoJSON/Basisdata_0000_Norge_{}_Kommuner_GeoJSON.zip"
        if path.endswith(".xml"):
            links = "".join(
                f'<entry><link href="{home}{name.format(epsg)}"/></entry>' for epsg in (4258, 25833)
            )
            return Reply(
                200,
                f'<feed xmlns="http://www.w3.org/2005/Atom">{links}</feed>'.encode(),
                "application/atom+xml",
            )
        if path == name.format(25833):
            return Reply(200, self.world.boundaries(), "application/zip")
        return Reply(404, b"<html/>", "text/html")

    # The Research Council's repository

    def _research_council(
        self, method: str, path: str, query: dict[str, str], body: bytes, headers: dict[str, str]
    ) -> Reply:
        if path == "/soknader2/dataset.csv":
            return Reply(200, self.world.applications(), "text/plain; charset=utf-8")
        return Reply(404, b"404: Not Found", "text/plain; charset=utf-8")

    # Brønnøysund

    def _brreg(
        self, method: str, path: str, query: dict[str, str], body: bytes, headers: dict[str, str]
    ) -> Reply:
        if single := re.fullmatch(r"/enheter/(\d+)", path):
            return Reply(410) if single[1] == "111111111" else Reply(404)
        size, page = int(query.get("size", 20)), int(query.get("page", 0))
        if size * (page + 1) > 10_000:
            fault = {
                "feilmelding": "size * (page+1) kan ikke overstige 10_000",
                "parametere": ["size", "page"],
            }
            content = {"status": 400, "feilmelding": "Feilaktig forespørsel", "antallFeil": 1}
            return _json(content | {"valideringsfeil": [fault]}, 400)
        units = self.world.organisations(query["organisasjonsform"])
        shown = units[size * page : size * (page + 1)]
        counts = {
            "size": size,
            "totalElements": len(units),
            "totalPages": -(-len(units) // size),
            "number": page,
        }
        content = {"_links": {}, "page": counts}
        if shown:
            content["_embedded"] = {"enheter": shown}
        return _json(content)

    # TED and Doffin

    def _ted(
        self, method: str, path: str, query: dict[str, str], body: bytes, headers: dict[str, str]
    ) -> Reply:
        content = json.loads(body)
        if "buyer-country=NOR" not in content["query"] or content["limit"] > 250:
            error = {
                "message": "Syntax error in expert query at line 1, col 8",
                "error": {"type": "QUERY_SYNTAX_ERROR"},
            }
            return _json(error, 400)
        token = str(content.get("iterationNextToken") or 0)
        if not token.isdecimal():
            return Reply(500)  # what TED does with a token that it did not give
        start = int(token)
        size = min(content["limit"], 3)  # small pages, so that there are several
        notices = self.world.notices if "procedure-type" in content["query"] else self.world.notices[:2]
        page = notices[start : start + size]
        # The token never ends, not even after the last page.
        answer = {"notices": page, "totalNoticeCount": len(notices), "iterationNextToken": str(start + size)}
        return _json(answer | {"timedOut": False})

    def _doffin(
        self, method: str, path: str, query: dict[str, str], body: bytes, headers: dict[str, str]
    ) -> Reply:
        if headers.get("ocp-apim-subscription-key") != "a-key":
            return _json(
                {"statusCode": 401, "message": "Access denied due to missing subscription key."}, 401
            )
        if path.startswith("/v2/download/"):
            xml = b"<x><cbc:ProcedureCode listName='p'>innovation</cbc:ProcedureCode></x>"
            return Reply(200, xml, "application/octet-stream") if path.endswith("100") else Reply(404)
        year = query["issueDateFrom"][:4]
        hits = [
            {
                "id": f"{year}-{number}",
                "buyer": [{"organizationId": "900000301", "name": "Oslo kommune"}],
                "heading": f"Prosjekt {number}",
                "type": "COMPETITION",
                "issueDate": f"{year}-03-01T00:00:00Z",
                "publicationDate": f"{year}-03-01",
            }
            for number in (100, 101)
        ]
        hits = hits if query["page"] == "1" and year == "2024" else []
        return _json({"numHitsTotal": len(hits), "numHitsAccessible": len(hits), "hits": hits})


def klass_code(code: str, name: str, start: str, end: str | None = None) -> dict[str, object]:
    """A row of /codes: validFrom and validTo stay empty, the range has fields of its own."""
    ranges = {"validFromInRequestedRange": start, "validToInRequestedRange": end}
    return {
        "code": code,
        "parentCode": None,
        "level": "1",
        "name": name,
        "validFrom": None,
        "validTo": None,
    } | ranges


def _with_labels(variable: Any, labels: dict[str, str]) -> Any:
    return type(variable)(variable.id, variable.label, labels, variable.mandatory, variable.units)


def _json(content: object, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    return Reply(status, json.dumps(content, ensure_ascii=False).encode(), JSON, headers or {})


def _problem(title: str, status: int, inside: int | None = None, detail: str | None = None) -> Reply:
    content: dict[str, object] = {"type": "Parameter error", "title": title, "status": inside or status}
    if detail:
        content["detail"] = detail
    return Reply(status, json.dumps(content).encode(), PROBLEM)


def _handler(replay: Replay) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def log_message(self, *_: object) -> None:
            """Silence."""

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            replay.requests.append((self.command, self.path, body, headers))
            mishap = next((m for m in replay.mishaps if m.strikes(f"{self.command} {self.path}")), None)
            reply = replay.answer(self.command, self.path, body, headers)
            try:
                self._spoil(mishap.kind, reply) if mishap else self._send(reply)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def _send(self, reply: Reply, length: int | None = None) -> None:
            packed = "gzip" in self.headers.get("accept-encoding", "") and len(reply.body) > 500
            body = gzip.compress(reply.body, 1) if packed else reply.body
            self.send_response(reply.status)
            if reply.body:
                self.send_header("content-type", reply.kind)
            if packed:
                self.send_header("content-encoding", "gzip")
            self.send_header("content-length", str(len(body) if length is None else length))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def _spoil(self, kind: str, reply: Reply) -> None:
            body = reply.body
            if kind.isdigit():
                self._send(Reply(int(kind)))
            elif kind.startswith("429:"):
                content = json.dumps({"title": "Too many requests", "status": 429}).encode()
                self._send(Reply(429, content, PROBLEM, {"retry-after": kind[4:]}))
            elif kind == "hang":
                replay.released.wait(20)
                self.close_connection = True
            elif kind == "cut":  # fewer bytes than promised
                self.send_response(200)
                self.send_header("content-type", JSON)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: len(body) // 2])
                self.close_connection = True
            elif kind in ("drip", "drip-headers"):
                self._drip(kind)
            elif kind in ("chunked", "chunked-cut"):
                self.send_response(200)
                self.send_header("content-type", reply.kind)
                self.send_header("transfer-encoding", "chunked")
                self.end_headers()
                for start in range(0, len(body), 1000):
                    piece = body[start : start + 1000]
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                if kind == "chunked":
                    self.wfile.write(b"0\r\n\r\n")
                self.close_connection = True
            elif kind == "html":
                self._send(Reply(200, MAINTENANCE, "text/html; charset=utf-8"))
            elif kind == "html-as-json":
                self._send(Reply(200, MAINTENANCE, JSON))
            elif kind == "wrong-type":
                self._send(Reply(200, body, "text/html"))
            elif kind == "truncated":  # cut, and the length agrees
                self._send(Reply(200, body[: len(body) * 2 // 3], reply.kind))
            elif kind == "bomb":
                bomb = gzip.compress(b" " * 40_000_000)
                self.send_response(200)
                self.send_header("content-type", JSON)
                self.send_header("content-encoding", "gzip")
                self.send_header("content-length", str(len(bomb)))
                self.end_headers()
                self.wfile.write(bomb)
            elif kind.startswith("redirect:"):
                self._send(Reply(302, b"", JSON, {"location": kind[9:]}))
            else:
                raise ValueError(kind)

        def _drip(self, kind: str) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            if kind == "drip":
                self.wfile.write(b"content-type: application/json\r\ncontent-length: 1000000\r\n\r\n")
            ends = time.monotonic() + 10
            while time.monotonic() < ends and not replay.released.wait(0.05):
                self.wfile.write(b" " if kind == "drip" else b"x-drip: 1\r\n")
                self.wfile.flush()
            self.close_connection = True

    return Handler
