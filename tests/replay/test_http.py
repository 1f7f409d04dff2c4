"""The HTTP layer against a server that misbehaves in every known way; nothing may outlast its bounds."""

from __future__ import annotations

import time

import pytest
from tests.replay import Mishap, Replay

from analysis.loaders import endpoints, http
from analysis.loaders.exchange import Answer, FetchError, question
from analysis.loaders.http import MEGABYTE, Client

CONFIG = question("ssb", "/config")


@pytest.fixture
def replay(monkeypatch):
    with Replay() as server:
        monkeypatch.setenv(endpoints.OVERRIDE, server.url)
        yield server


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def client(pauses):
    return Client(
        connect_timeout=1,
        read_timeout=0.4,
        deadline=90,
        sleep=pauses.append,
        jitter=lambda: 0.5,
        max_bytes=5 * MEGABYTE,
    )


def metadata():
    return question("ssb", "/tables/12367/metadata", {"lang": "no"})


def test_an_answer_comes_whole_with_its_time_and_headers_and_says_who_asked(replay, client):
    answer = client.ask(metadata())
    assert answer.json()["class"] == "dataset"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.retrieved.endswith("+00:00")
    sent = replay.requests[0][3]
    assert "observatory" in sent["user-agent"]
    assert sent["accept"] == "application/json"


@pytest.mark.parametrize("kind", ["429", "429:1", "500", "502", "503", "504", "hang", "cut", "chunked-cut"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_passes_is_tried_again_for_get_and_for_post(replay, client, kind, method):
    body = (
        {"query": "buyer-country=NOR AND procedure-type=innovation", "limit": 3} if method == "POST" else None
    )
    asked = question("ted", "/notices/search", body=body) if body else metadata()
    replay.mishaps = [Mishap(kind, times=2)]
    assert client.ask(asked).status == 200
    assert replay.count(method) == 3


def test_tries_are_bounded_and_the_last_failure_is_told(replay, client, pauses):
    replay.mishaps = [Mishap("503")]
    with pytest.raises(FetchError, match="503") as caught:
        client.ask(CONFIG)
    assert caught.value.status == 503
    assert replay.count("GET") == 4
    assert pauses == [1.0, 2.0, 4.0]


def test_retry_after_is_honoured_but_capped(replay, pauses):
    patient = Client(sleep=pauses.append, jitter=lambda: 0.5, max_pause=60, deadline=300)
    replay.mishaps = [Mishap("429:7", times=1), Mishap("429:86400", times=1)]
    assert patient.ask(CONFIG).status == 200
    assert pauses == [7.0, 60.0]


def test_a_pause_beyond_the_deadline_is_not_begun(replay, pauses):
    replay.mishaps = [Mishap("429:59")]
    with pytest.raises(FetchError, match="Too many requests"):
        Client(deadline=5, sleep=pauses.append).ask(CONFIG)
    assert pauses == []


@pytest.mark.parametrize("kind", ["drip", "drip-headers", "hang"])
def test_the_deadline_holds_against_whatever_stalls(replay, kind):
    replay.mishaps = [Mishap(kind)]
    impatient = Client(read_timeout=30, deadline=0.6)
    started = time.monotonic()
    with pytest.raises(FetchError, match="within 1 seconds"):
        impatient.ask(CONFIG)
    assert time.monotonic() - started < 2
    replay.mishaps = []
    assert impatient.ask(CONFIG).status == 200  # the client is still of use


def test_a_compressed_bomb_is_stopped_at_the_cap(replay, client):
    replay.mishaps = [Mishap("bomb")]
    with pytest.raises(FetchError, match="larger than 5 MB"):
        client.ask(CONFIG)
    assert replay.count("GET") == 1


def test_an_uncompressed_flood_is_stopped_too(replay):
    small = Client(max_bytes=10_000)
    with pytest.raises(FetchError, match="larger than"):
        small.ask(metadata())


def test_chunked_answers_are_read(replay, client):
    replay.mishaps = [Mishap("chunked")]
    assert client.ask(metadata()).json()["class"] == "dataset"


@pytest.mark.parametrize("kind", ["html", "html-as-json", "wrong-type", "truncated"])
def test_what_is_not_json_is_refused_when_read(replay, client, kind):
    replay.mishaps = [Mishap(kind)]
    with pytest.raises(FetchError, match="ssb GET /tables/12367/metadata"):
        client.ask(metadata()).json()


@pytest.mark.parametrize(
    ("asked", "status", "words"),
    [
        (question("ssb", "/tables/00000/metadata"), 404, "Non-existent table"),
        (question("ssb", "/tables/00000/data", body={"selection": []}), 400, "Non-existent table"),
        (question("ssb", "/codelists/agg_none"), 404, "Non-existent codelist"),
        (question("ssb", "/tables/12367/data", {"valueCodes[Tid]": "top(3,2)"}), 400, "Illegal selection"),
        (question("ssb", "/tables/12367/data", {"outputFormat": "svg"}), 400, "Unsupported output format"),
        (question("ssb", "/tables/12367/data", {"valueCodes[Tid]": "2024"}), 400, "Missing selection"),
        (
            question("ssb", "/tables/12367/data", {"valueCodes[x]": "0301," * 420}),
            404,
            "with a page, not data",
        ),
        (question("klass", "/classifications/99999/codes"), 404, "Classification not found"),
        (
            question("brreg", "/enheter", {"organisasjonsform": "KOMM", "size": 1000, "page": 10}),
            400,
            "10_000",
        ),
        (question("ted", "/notices/search", body={"query": "(", "limit": 1}), 400, "Syntax error"),
        (question("doffin", "/v2/search"), 401, "missing subscription key"),
    ],
)
def test_a_publishers_own_words_are_passed_on_and_a_clear_no_is_not_repeated(
    replay, client, asked, status, words
):
    with pytest.raises(FetchError, match=words) as caught:
        client.ask(asked)
    assert caught.value.status == status
    assert len(replay.requests) == 1


def test_a_duplicate_code_is_500_without_a_word_as_at_ssb(replay, client):
    body = {"selection": [{"variableCode": "Tid", "valueCodes": ["2024", "2024"]}]}
    with pytest.raises(FetchError, match="answered 500"):
        client.ask(question("ssb", "/tables/12367/data", body=body))


def test_only_https_but_for_loopback(monkeypatch):
    monkeypatch.setenv(endpoints.OVERRIDE, "http://example.org")
    with pytest.raises(FetchError, match="only https"):
        Client(tries=1).ask(CONFIG)


@pytest.mark.parametrize("target", ["http://example.org/x", "https://example.org/x", "ftp://127.0.0.1/x"])
def test_a_redirect_may_not_lead_elsewhere(replay, client, target):
    replay.mishaps = [Mishap(f"redirect:{target}")]
    with pytest.raises(FetchError, match=r"only https|refused"):
        client.ask(CONFIG)


def test_redirects_within_the_rules_are_followed_and_loops_end(replay, client):
    replay.mishaps = [Mishap(f"redirect:{replay.url}/ssb/config", where="metadata", times=1)]
    assert "maxDataCells" in client.ask(metadata()).json()
    replay.mishaps = [Mishap(f"redirect:{replay.url}/ssb/config")]
    with pytest.raises(FetchError, match="redirects"):
        client.ask(CONFIG)


def test_a_key_goes_to_its_own_service_only(replay):
    client = Client(secrets={"doffin": {"Ocp-Apim-Subscription-Key": "a-key"}})
    client.ask(question("doffin", "/v2/search", {"issueDateFrom": "2024-01-01", "page": 1}))
    client.ask(CONFIG)
    assert [("ocp-apim-subscription-key" in headers) for *_, headers in replay.requests] == [True, False]


def test_nobody_listening_is_told_in_a_sentence(monkeypatch):
    monkeypatch.setenv(endpoints.OVERRIDE, "http://127.0.0.1:9")
    with pytest.raises(FetchError, match="connection failed"):
        Client(tries=2, sleep=lambda _: None).ask(CONFIG)


def test_every_publishers_address_is_https():
    assert all(service.base.startswith("https://") for service in endpoints.SERVICES.values())
    assert endpoints.SERVICES["ssb"].host == endpoints.SERVICES["klass"].host  # one throttle for both
    assert endpoints.SERVICES["ssb"].calls <= 25
    assert (endpoints.SERVICES["ted"].calls, endpoints.SERVICES["ted"].window) == (1, 2.0)


def test_all_clients_of_one_process_keep_one_pace_per_host(monkeypatch):
    monkeypatch.setattr(http, "_THROTTLES", {})
    monkeypatch.setattr(http.Client, "_within", lambda self, seconds, asked: Answer(asked, 200, {}, b"", ""))
    Client().ask(CONFIG)
    Client().ask(question("klass", "/classifications/131/codes"))
    Client().ask(question("brreg", "/enheter"))
    assert {host: len(throttle._sent) for host, throttle in http._THROTTLES.items()} == {
        "data.ssb.no": 2,
        "data.brreg.no": 1,
    }


def test_a_host_that_cannot_be_reached_is_not_asked_as_patiently_again(replay, client, pauses):
    replay.mishaps = [Mishap("cut", times=5)]
    for _ in range(2):
        with pytest.raises(FetchError, match=r"connection failed|ends after"):
            client.ask(CONFIG)
    assert len(replay.requests) == 5
    assert client.ask(CONFIG).status == 200
    replay.mishaps = [Mishap("cut", times=3)]
    assert client.ask(CONFIG).status == 200  # reached again: as patient as before
