"""The HTTP layer against a server that misbehaves in every known way; nothing may outlast its bounds."""

from __future__ import annotations

import gzip
import re
import time
from itertools import pairwise

import pytest
from tests.replay import Mishap
from tests.replay.server import PROBLEM, Reply

from analysis.loaders import klass, rate_limit
from analysis.loaders.client import MEGABYTE, Client
from analysis.loaders.messages import OVERRIDE, SERVICES, FetchError, Request, Response

CONFIG = Request.make("ssb", "/config")


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def client(pauses):
    return Client(
        deadline=90,
        sleep=pauses.append,
        jitter=lambda: 0.5,
        max_bytes=5 * MEGABYTE,
    )


def metadata():
    return Request.make("ssb", "/tables/12367/metadata", {"lang": "no"})


def test_an_answer_comes_whole_with_its_time_and_headers_and_says_who_asked(replay, client):
    answer = client.send(metadata())
    assert answer.json()["class"] == "dataset"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.retrieved.endswith("+00:00")
    sent = replay.requests[0][3]
    assert "observatory" in sent["user-agent"]
    assert sent["accept"] == "application/json"


@pytest.mark.parametrize(
    "kind",
    [
        "429",
        "429:1",
        "500",
        "502",
        "503",
        "504",
        "cut",
        "chunked-cut",
        pytest.param("hang", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_passes_is_tried_again_for_get_and_for_post(replay, client, kind, method):
    body = (
        {"query": "buyer-country=NOR AND procedure-type=innovation", "limit": 3} if method == "POST" else None
    )
    asked = Request.make("ted", "/notices/search", body=body) if body else metadata()
    client.timeout = (10, 1) if kind == "hang" else client.timeout
    replay.mishaps = [Mishap(kind, times=2)]
    assert client.send(asked).status == 200
    assert replay.count(method) == 3


def test_tries_are_bounded_and_the_last_failure_is_told(replay, client, pauses):
    replay.mishaps = [Mishap("503")]
    with pytest.raises(FetchError, match="503") as caught:
        client.send(CONFIG)
    assert caught.value.status == 503
    assert replay.count("GET") == 4
    assert pauses == [1.0, 2.0, 4.0]


def test_retry_after_is_honoured_but_capped(replay, pauses):
    patient = Client(sleep=pauses.append, jitter=lambda: 0.5, max_pause=60, deadline=300)
    replay.mishaps = [Mishap("429:7", times=1), Mishap("429:86400", times=1)]
    assert patient.send(CONFIG).status == 200
    assert pauses == [7.0, 60.0]


def test_a_pause_beyond_the_deadline_is_not_begun(replay, pauses):
    replay.mishaps = [Mishap("429:59")]
    with pytest.raises(FetchError, match="Too many requests"):
        Client(deadline=5, sleep=pauses.append).send(CONFIG)
    assert pauses == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["drip", "drip-headers", "hang"])
def test_the_deadline_holds_against_whatever_stalls(replay, kind):
    replay.mishaps = [Mishap(kind)]
    impatient = Client(timeout=(10, 30), deadline=1.5)
    started = time.monotonic()
    with pytest.raises(FetchError, match="within 2 seconds"):
        impatient.send(CONFIG)
    assert time.monotonic() - started < 8  # the server would go on for ten or more
    replay.mishaps = []
    impatient.deadline = 60
    assert impatient.send(CONFIG).status == 200  # the client is still of use


def test_a_compressed_bomb_is_stopped_at_the_cap(replay):
    replay.mishaps = [Mishap("bomb")]
    with pytest.raises(FetchError, match="larger than 5 MB"):
        Client(max_bytes=5 * MEGABYTE).send(CONFIG)
    assert replay.count("GET") == 1


def test_an_uncompressed_flood_is_stopped_too(replay):
    small = Client(max_bytes=10_000)
    with pytest.raises(FetchError, match="larger than"):
        small.send(metadata())


def test_chunked_answers_are_read(replay, client):
    replay.mishaps = [Mishap("chunked")]
    assert client.send(metadata()).json()["class"] == "dataset"


@pytest.mark.parametrize("kind", ["html", "html-as-json", "wrong-type", "truncated"])
def test_what_is_not_json_is_refused_when_read(replay, client, kind):
    replay.mishaps = [Mishap(kind)]
    with pytest.raises(FetchError, match="ssb GET /tables/12367/metadata"):
        client.send(metadata()).json()


@pytest.mark.parametrize(
    ("asked", "status", "words"),
    [
        (Request.make("ssb", "/tables/00000/metadata"), 404, "Non-existent table"),
        (Request.make("ssb", "/tables/00000/data", body={"selection": []}), 400, "Non-existent table"),
        (Request.make("ssb", "/codelists/agg_none"), 404, "Non-existent codelist"),
        (
            Request.make("ssb", "/tables/12367/data", {"valueCodes[Tid]": "top(3,2)"}),
            400,
            "Illegal selection",
        ),
        (
            Request.make("ssb", "/tables/12367/data", {"outputFormat": "svg"}),
            400,
            "Unsupported output format",
        ),
        (Request.make("ssb", "/tables/12367/data", {"valueCodes[Tid]": "2024"}), 400, "Missing selection"),
        (
            Request.make("ssb", "/tables/12367/data", {"valueCodes[x]": "0301," * 420}),
            404,
            "with a page, not data",
        ),
        (Request.make("klass", "/classifications/99999/codes"), 404, "Classification not found"),
        (
            Request.make("brreg", "/enheter", {"organisasjonsform": "KOMM", "size": 1000, "page": 10}),
            400,
            "10_000",
        ),
        (Request.make("ted", "/notices/search", body={"query": "(", "limit": 1}), 400, "Syntax error"),
        (Request.make("doffin", "/v2/search"), 401, "missing subscription key"),
    ],
)
def test_a_publishers_own_words_are_passed_on_and_a_clear_no_is_not_repeated(
    replay, client, asked, status, words
):
    with pytest.raises(FetchError, match=words) as caught:
        client.send(asked)
    assert caught.value.status == status
    assert len(replay.requests) == 1


def test_a_duplicate_code_is_500_without_a_word_as_at_ssb(replay, client):
    body = {"selection": [{"variableCode": "Tid", "valueCodes": ["2024", "2024"]}]}
    with pytest.raises(FetchError, match="answered 500"):
        client.send(Request.make("ssb", "/tables/12367/data", body=body))


def test_only_https_but_for_loopback(monkeypatch):
    monkeypatch.setenv(OVERRIDE, "http://example.org")
    with pytest.raises(FetchError, match="only https"):
        Client(tries=1).send(CONFIG)


@pytest.mark.parametrize("target", ["http://example.org/x", "https://example.org/x", "ftp://127.0.0.1/x"])
def test_a_redirect_may_not_lead_elsewhere(replay, client, target):
    replay.mishaps = [Mishap(f"redirect:{target}")]
    with pytest.raises(FetchError, match=r"only https|refused"):
        client.send(CONFIG)


def test_redirects_within_the_rules_are_followed_and_loops_end(replay, client):
    replay.mishaps = [Mishap(f"redirect:{replay.url}/ssb/config", where="metadata", times=1)]
    assert "maxDataCells" in client.send(metadata()).json()
    replay.mishaps = [Mishap(f"redirect:{replay.url}/ssb/config")]
    with pytest.raises(FetchError, match="redirects"):
        client.send(CONFIG)


def test_a_key_goes_to_its_own_service_only(replay):
    client = Client(secrets={"doffin": {"Ocp-Apim-Subscription-Key": "a-key"}})
    client.send(Request.make("doffin", "/v2/search", {"issueDateFrom": "2024-01-01", "page": 1}))
    client.send(CONFIG)
    assert [("ocp-apim-subscription-key" in headers) for *_, headers in replay.requests] == [True, False]


def test_nobody_listening_is_told_in_a_sentence(monkeypatch):
    monkeypatch.setenv(OVERRIDE, "http://127.0.0.1:9")
    with pytest.raises(FetchError, match="connection failed"):
        Client(tries=2, sleep=lambda _: None).send(CONFIG)


def test_every_publishers_address_is_https():
    assert all(service["base"].startswith("https://") for service in SERVICES.values())
    # one rate limit for both
    assert rate_limit.limiter("ssb") is rate_limit.limiter("klass")
    assert SERVICES["ssb"]["calls"] <= 25
    assert (SERVICES["ted"]["calls"], SERVICES["ted"]["window"]) == (1, 2)


def test_all_clients_of_one_process_keep_one_pace_per_host(monkeypatch):
    monkeypatch.setattr(rate_limit, "LIMITERS", {})
    monkeypatch.setattr(Client, "_within", lambda self, seconds, sent: Response(sent, 200, {}, b"", ""))
    Client().send(CONFIG)
    Client().send(Request.make("klass", "/classifications/131/codes"))
    Client().send(Request.make("brreg", "/enheter"))
    assert {host: len(found.sent) for host, found in rate_limit.LIMITERS.items()} == {
        "data.ssb.no": 2,
        "data.brreg.no": 1,
    }


def test_a_host_that_cannot_be_reached_is_not_asked_as_patiently_again(replay, client, pauses):
    replay.mishaps = [Mishap("cut", times=5)]
    for _ in range(2):
        with pytest.raises(FetchError, match=r"connection failed|ends after"):
            client.send(CONFIG)
    assert len(replay.requests) == 5
    assert client.send(CONFIG).status == 200
    replay.mishaps = [Mishap("cut", times=3)]
    assert client.send(CONFIG).status == 200  # reached again: as patient as before


@pytest.mark.parametrize("cuts", [[60], [1, 2], [30, 30, 70], []])  # one of the parts is empty
def test_gzip_in_several_members_is_read_whole(replay, client, cuts):
    content = b'{"codes": [{"code": "0301", "name": "Oslo", "validFromInRequestedRange": "2024-01-01"}]}'
    parts = [content[first:last] for first, last in pairwise([0, *cuts, len(content)])]
    packed = b"".join(gzip.compress(part) for part in parts)
    replay.answer = lambda *_: Reply(200, packed, headers={"content-encoding": "gzip"})
    assert klass.codes(131, "2024-01-01", client=client)["code"].tolist() == ["0301"]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("text", ["one\ntwo", "one\r\n\ttwo", "\x01one\x0b\x1f", "\ufeffone"])
def test_raw_control_characters_and_byte_order_marks_are_read(replay, client, mark, text):
    replay.answer = lambda *_: Reply(200, mark + f'{{"a": "{text}"}}'.encode())
    assert client.send(CONFIG).json() == {"a": text}


@pytest.mark.parametrize(
    "body", [b'{"a": "\\ud800"}', b'{"a\n": "\\udfff"}', b'{"a": NaN}', b'{"a": -Infinity}']
)
def test_half_a_letter_and_what_is_no_number_are_refused(body):
    response = Response(Request.make("brreg", "/enheter"), 200, {}, body, "")
    with pytest.raises(FetchError, match="cannot be read"):
        response.json()


def test_control_characters_of_a_publisher_do_not_reach_the_terminal(replay, client):
    replay.answer = lambda *_: Reply(400, b'{"title": "\\u001b[31mred\\u0007"}', PROBLEM)
    with pytest.raises(FetchError, match=r"answered 400: \[31mred$"):
        client.send(CONFIG)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"reason": "Wrong issue date format, expected yyyy-MM-dd"}', "expected yyyy-MM-dd"),
        (b'{"error": {"message": "Query is not valid", "code": 3}}', "Query is not valid"),
        (
            b'{"errors": [{"description": "page too large"}, {"description": "size too large"}]}',
            "page too large; size",
        ),
        (b'[{"feilmelding": "Ugyldig"}]', "Ugyldig"),
        (b'{"status": 400, "error": "Bad Request", "path": "/x"}', "Bad Request"),
        (b"plain words", "plain words"),
        (b"[" * 500 + b"]" * 500, "answered 400"),
        (b'{"title": "\\u001b[31mred\\u0007"}', r"answered 400: \[31mred$"),
    ],
)
def test_the_words_of_a_refusal_are_found_wherever_a_publisher_puts_them(body, words):
    response = Response(Request.make("doffin", "/v2/search"), 400, {}, body, "")
    assert re.search(words, str(FetchError.refused(response)))


def test_a_redirect_to_no_address_is_told(replay, client):
    replay.mishaps = [Mishap("redirect:http://[::1")]
    with pytest.raises(FetchError):
        client.send(CONFIG)
