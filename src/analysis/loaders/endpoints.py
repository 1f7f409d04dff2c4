"""Where the publishers are, how they may be asked, and the one way to point all of it elsewhere.

The environment variable ``ANALYSIS_ENDPOINTS`` (a loopback address such as ``http://127.0.0.1:8000``)
replaces every base address by ``<that address>/<service>``; tests set it to a replay server.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from urllib.parse import urlsplit

OVERRIDE = "ANALYSIS_ENDPOINTS"
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Service:
    """One publisher's interface: who it is, its base address and licence, and its pace."""

    name: str
    publisher: str
    base: str
    licence: str
    attribution: str
    calls: int = 30
    window: float = 60.0

    @property
    def host(self) -> str:
        """The publisher's host; services on one host share one throttle."""
        return urlsplit(self.base).hostname or ""


_SSB = "Statistics Norway (SSB)"
_KARTVERKET = "Norwegian Mapping Authority (Kartverket)"
SERVICES = {
    service.name: service
    for service in (
        # SSB measures 30 to 40 calls a minute per address, with KLASS on the same host: 25 leaves room.
        Service(
            "ssb",
            _SSB,
            "https://data.ssb.no/api/pxwebapi/v2",
            "CC BY 4.0",
            "Kilde: Statistisk sentralbyrå",
            25,
        ),
        Service(
            "klass",
            _SSB,
            "https://data.ssb.no/api/klass/v1",
            "CC BY 4.0",
            "Kilde: Statistisk sentralbyrå",
            25,
        ),
        Service(
            "kartverket", _KARTVERKET, "https://api.kartverket.no/kommuneinfo/v1", "CC BY 4.0", "© Kartverket"
        ),
        Service("geonorge", _KARTVERKET, "https://nedlasting.geonorge.no", "CC BY 4.0", "© Kartverket"),
        Service(
            "brreg",
            "Brønnøysund Register Centre",
            "https://data.brreg.no/enhetsregisteret/api",
            "NLOD 2.0",
            "Kilde: Brønnøysundregistrene",
        ),
        Service(
            "ted",
            "Publications Office of the European Union",
            "https://api.ted.europa.eu/v3",
            "Commission reuse policy (Decision 2011/833/EU)",
            "Source: Tenders Electronic Daily (TED), Publications Office of the European Union",
            calls=1,
            window=2.0,
        ),
        Service(
            "doffin",
            "Norwegian Agency for Public and Financial Management (DFØ)",
            "https://api.doffin.no/public",
            "NLOD 2.0 (expected; not stated in the interface)",
            "Kilde: Doffin",
        ),
    )
}


def base(service: str) -> str:
    """The base address of a service, overridden or the publisher's own."""
    override = os.environ.get(OVERRIDE, "").rstrip("/")
    return f"{override}/{service}" if override else SERVICES[service].base


def is_loopback(url: str) -> bool:
    """Whether an address stays on this machine."""
    return urlsplit(url).hostname in LOOPBACK
