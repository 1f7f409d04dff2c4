"""What the replayed publishers know: real municipal codes, made-up amounts that a test can compute by hand."""

from __future__ import annotations

import csv
import io
import json
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from itertools import product

from tests.unit.test_research_council import document

from analysis import paths

REGION = "KOKkommuneregion0000"
#: Randaberg, the least peripheral municipality of class 3, is of class 2 to the replayed KLASS.
MOVED = "1127"


def _read(name: str) -> list[dict[str, str]]:
    with open(paths.raw() / "ssb" / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def _people() -> dict[str, int]:
    return {
        r["municipality_code"]: int(r["population"]) for r in _read("population.csv") if r["year"] == "2026"
    }


def people(code: str) -> int:
    """Inhabitants of a municipality, the same in every year; of a unit that is no more, 5 000."""
    return _people().get(code, 5_000)


def structures() -> dict[int, dict[str, str]]:
    """Municipal codes and names from 2020 and from 2024."""
    new = {r["municipality_code"]: r["municipality_name_official"] for r in _read("municipalities.csv")}
    wave = [r for r in _read("code_changes.csv") if r["change_date"] == "2024-01-01"]
    gone = {r["new_code"] for r in wave}
    old = {code: name for code, name in new.items() if code not in gone}
    old |= {r["old_code"]: r["old_name"] for r in wave}
    return {2020: dict(sorted(old.items())), 2024: new}


@dataclass
class Variable:
    """A variable of a StatBank table."""

    id: str
    label: str
    labels: dict[str, str]
    mandatory: bool = True
    units: dict[str, dict[str, object]] = field(default_factory=dict)


Cell = tuple[float | None, str | None]


@dataclass
class Table:
    """A StatBank table: its variables, and value and status of a cell from its codes."""

    id: str
    title: str
    variables: list[Variable]
    cell: Callable[[dict[str, str]], Cell]
    updated: str = "2026-06-20T06:00:00Z"
    notes: list[str] = field(default_factory=lambda: ["En merknad", "En viktig merknad"])

    def variable(self, name: str) -> Variable | None:
        """By id, whatever the case."""
        return next((v for v in self.variables if v.id.lower() == name.lower()), None)

    def document(self, selection: dict[str, list[str]] | None, index: str = "object") -> dict[str, object]:
        """The json-stat2 dataset as SSB serves it; without a selection the metadata."""
        chosen = {v.id: list(v.labels) for v in self.variables} if selection is None else selection
        dimension: dict[str, object] = {}
        for variable in self.variables:
            if variable.id not in chosen:
                continue
            codes = chosen[variable.id]
            category: dict[str, object] = {
                "index": {c: n for n, c in enumerate(codes)} if index == "object" else codes,
                "label": {c: variable.labels[c] for c in codes},
            }
            if variable.units:
                category["unit"] = {c: variable.units[c] for c in codes}
            extension = {
                "elimination": not variable.mandatory if selection is None else True,
                "show": "value",
            }
            dimension[variable.id] = {"label": variable.label, "category": category, "extension": extension}
        document: dict[str, object] = {
            "version": "2.0",
            "class": "dataset",
            "label": f"{self.id}: {self.title}",
            "source": "Statistisk sentralbyrå",
            "updated": self.updated,
            "note": self.notes,
            "role": {
                "time": ["Tid"],
                "geo": [v.id for v in self.variables if v.label == "region"],
                "metric": ["ContentsCode"],
            },
            "id": list(dimension),
            "size": [len(chosen[name]) for name in dimension],
            "dimension": dimension,
            "extension": {"noteMandatory": {"1": True}, "px": {"tableid": self.id, "language": "no"}},
        }
        if selection is not None:
            fixed = {v.id: "" for v in self.variables if v.id not in chosen}
            values: list[float | None] = []
            status: dict[str, str] = {}
            for number, codes in enumerate(product(*(chosen[name] for name in dimension))):
                value, symbol = self.cell(dict(zip(dimension, codes, strict=True)) | fixed)
                values.append(value)
                if symbol:
                    status[str(number)] = symbol
            document["value"] = values
            if status:
                document["status"] = status
        return document


ART_LABELS = {
    "AG16": "Lønnsutgifter inkl. sosiale utgifter",
    "AGD50": "Kjøp av varer og tjenester som inngår i egen produksjon",
    "AGD51": "Kjøp av tjenester som erstatter egen produksjon",
    "A370": "Kjøp fra andre (private)",
    "AGD10": "Brutto driftsutgifter på funksjon",
    "AG34": "Overføringsutgifter",
    "A590": "Avskrivninger",
}
FUNCTIONS = {"100": "Politisk styring", "201": "Barnehage", "202": "Grunnskole", "FGK9": "Grunnskole i alt"}
YEARS = ["2022", "2023", "2024", "2025"]
POPULATION_YEARS = [str(year) for year in range(2015, 2027)]
NOK = {"base": "1000 kr", "decimals": 0}


class World:
    """All that the replay serves; tests change it to make a publisher err."""

    def __init__(self) -> None:
        """Municipalities of 2020 and 2024, four years."""
        self.structures = structures()
        self.max_cells = 800_000
        both = {**self.structures[2020], **self.structures[2024]}
        self.regions = dict(sorted(both.items())) | {
            "2111": "Longyearbyen lokalstyre",
            "EAFK": "Alle fylkeskommuner medregnet Oslo",
            "EAK": "Landet",
            "EKA31": "Østfold",
            **{f"EKG{number:02d}": f"KOSTRA-gruppe {number}" for number in range(1, 18)},
        }
        years = Variable("Tid", "år", {y: y for y in YEARS})
        amount = {"KOSbelop0000": "Beløp (1000 kr)"}
        contents = Variable("ContentsCode", "statistikkvariabel", amount, units={"KOSbelop0000": dict(NOK)})
        region = Variable(REGION, "region", self.regions)
        self.tables = {
            "12367": Table(
                "12367",
                "Detaljerte regnskapstall driftsregnskapet",
                [
                    region,
                    Variable(
                        "KOKregnskapsomfa0000",
                        "regnskapsomfang",
                        {"A": "Kommuner/fylkeskommuner", "B": "Kommuner ekskl. foretak, IKS, og samarbeid."},
                    ),
                    Variable("KOKfunksjon0000", "funksjon", dict(FUNCTIONS)),
                    Variable("KOKart0000", "art", dict(ART_LABELS)),
                    contents,
                    years,
                ],
                self._amount,
            )
        }
        lines = {
            "12137": {"AGD13": "Brutto driftsinntekter", "AGD9": "Brutto driftsutgifter"}
            | {"AGD23": "Netto driftsresultat", "AGI1": "Brutto investeringsutgifter"},
            "13551": {"AG17": "Kjøp av varer og tjenester", "AGD51": "Kjøp av tjenester som erstatter"},
        }
        for table_id, labels in lines.items():
            line = Variable("KOKartkap0000", "art", labels)
            table = Table(table_id, "Regnskap", [region, line, contents, years], self._amount)
            self.tables[table_id] = table
        persons = {"Personer1": "Personer"}
        unit = {"Personer1": {"base": "personer", "decimals": 0}}
        municipal = {c: n for c, n in self.regions.items() if c.isdigit() and c != "2111"}
        self.tables["07459"] = Table(
            "07459",
            "Befolkning",
            [
                Variable("Region", "region", {"0": "Hele landet"} | municipal, mandatory=False),
                Variable("Kjonn", "kjønn", {"1": "Menn", "2": "Kvinner"}, mandatory=False),
                Variable("ContentsCode", "statistikkvariabel", persons, units=unit),
                Variable("Tid", "år", {y: y for y in POPULATION_YEARS}),
            ],
            self._persons,
            updated="2026-02-25T07:00:00Z",
        )
        area = {"Folkemengde": "Befolkning per 1.1. (personer)", "ArealKm2": "Areal (km²)"}
        area |= {"LandArealKm2": "Landareal (km²)"}

        def square_kilometres(codes: dict[str, str]) -> Cell:
            return (int(codes["Region"]) // 10 if self.in_use(codes["Region"], codes["Tid"]) else 0), None

        self.tables["11342"] = Table(
            "11342",
            "Areal og befolkning",
            [
                Variable("Region", "region", municipal, mandatory=False),
                Variable("ContentsCode", "statistikkvariabel", area, units={a: {"base": "-"} for a in area}),
                years,
            ],
            square_kilometres,
            updated="2026-02-25T07:00:00Z",
        )
        merged = {f"K-{code}": name for code, name in self.structures[2024].items()}
        self.codelists = {
            "agg_KommSummer": {"label": "Kommuner 2024, sammenslåtte tidsserier", "codes": merged}
        }
        self.notices = [notice(n) for n in range(7)]
        self.names = {r["municipality_code"]: r["municipality_name"] for r in _read("municipalities.csv")}
        self.counties = {r["county_code"]: r["county_name_official"] for r in _read("counties.csv")}
        self.changes = _read("code_changes.csv")
        self.classes = {r["municipality_code"]: r["centrality_class"][1:] for r in _read("centrality.csv")}
        self.classes[MOVED] = "2"

    def applications(self) -> bytes:
        """The Research Council's applications: a grant and a refusal of municipalities, and one that is neither's."""
        refused = {"prosjektfase": "Avslag", "tildelt_belop": "0.0"}
        vinje = {"prosjektnummer": "300002", "prosjektansvarlig_navn": "VINJE KOMMUNE SKOLE"}
        institute = {"prosjektnummer": "300003", "prosjektansvarlig_navn": "SINTEF AS"}
        return document({}, vinje | refused, institute)

    def in_use(self, code: str, year: str) -> bool:
        """Whether a municipal code is in force in a year."""
        return code in self.structures[2024 if year >= "2024" else 2020]

    def _amount(self, codes: dict[str, str]) -> Cell:
        region, year = codes[REGION], codes["Tid"]
        if region.isdigit() and region != "2111" and not self.in_use(region, year):
            return None, "."
        if region == "EAK" and codes.get("KOKart0000") == "A370":
            return None, ":"
        line = codes.get("KOKartkap0000")
        if region == "EAK" and line:
            everywhere = (c for c in self.structures[2024 if year >= "2024" else 2020])
            return sum(self._amount(codes | {REGION: code})[0] or 0 for code in everywhere), None
        # Revenue and expenditure are far above what any municipality buys, as they are in the world outside.
        return amount(codes) + (130 * people(region) if line in ("AGD9", "AGD13") else 0), None

    def _persons(self, codes: dict[str, str]) -> Cell:
        region, year = codes["Region"].removeprefix("K-"), codes["Tid"]
        if codes["Region"].startswith("K-"):  # SSB's merged series: only split units have gaps
            split = {"1580": "2024"} | dict.fromkeys(("1806", "1875", "5055", "5056", "5059"), "2020")
            if year < split.get(region, ""):
                return None, "."
        elif region != "0" and not self.in_use(region, year):
            return 0, None
        return people(region), None

    def organisations(self, form: str) -> list[dict[str, object]]:
        """Units of the register."""
        if form == "KOMM":
            units = [
                unit(f"9{int(c):08d}", f"{n.upper()} KOMMUNE", form, c)
                for c, n in self.structures[2024].items()
            ]
            return [*units, unit("999999999", "FORHÅNDSREGISTRERING NYE BY KOMMUNE", form, "0301")]
        if form == "FYLK":
            return [unit(f"8{n:08d}", f"FYLKE {n} FYLKESKOMMUNE", form, "0301") for n in range(14)]
        return []

    def boundaries(self) -> bytes:
        """The zip of Geonorge: squares with real codes, and a boundary line among them."""
        features = [
            {
                "type": "Feature",
                "properties": {"objtype": "Kommune", "kommunenummer": code, "kommunenavn": name},
                "geometry": square(*divmod(number, 20)),
            }
            for number, (code, name) in enumerate(self.structures[2024].items())
        ]
        line = {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}
        features.append({"type": "Feature", "properties": {"objtype": "Kommunegrense"}, "geometry": line})
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            content = json.dumps({"type": "FeatureCollection", "features": features})
            archive.writestr(
                zipfile.ZipInfo("Basisdata_0000_Norge_25833_Kommune_GeoJSON.geojson", (2026, 1, 1, 0, 0, 0)),
                content.encode("utf-8-sig"),
            )
        return packed.getvalue()


def amount(codes: dict[str, str]) -> int:
    """The made-up amount of a cell, different in every variable; a test can compute it by hand."""
    text = "|".join(codes[name] for name in sorted(codes))
    return 7 * people(codes.get(REGION, "")) + zlib.crc32(text.encode()) % 1_000


def square(row: int, column: int) -> dict[str, object]:
    """A square of 10 km in EPSG:25833."""
    x, y = 100_000 + column * 10_000, 6_500_000 + row * 10_000
    ring = [[x, y], [x + 10_000, y], [x + 10_000, y + 10_000], [x, y + 10_000], [x, y]]
    return {"type": "MultiPolygon", "coordinates": [[ring]]}


def unit(number: str, name: str, form: str, code: str) -> dict[str, object]:
    """A unit as Brønnøysund describes it."""
    return {
        "organisasjonsnummer": number,
        "navn": name,
        "organisasjonsform": {"kode": form, "beskrivelse": form},
        "forretningsadresse": {"land": "Norge", "kommunenummer": code},
        "konkurs": False,
    }


def notice(number: int) -> dict[str, object]:
    """TED notices in all shapes: scalar, list and map fields, messy numbers, old ones without numbers."""
    plain: dict[str, object] = {
        "publication-number": f"{number + 1:06d}-2024",
        "publication-date": f"2024-0{number + 1}-15+01:00",
        "notice-type": "cn-standard",
        "notice-title": {"eng": f"Norway: project {number}", "nor": [f"Norge: prosjekt {number}"]},
        "buyer-country": ["NOR"],
        "links": {"html": {"ENG": f"https://ted.europa.eu/en/notice/-/detail/{number + 1:06d}-2024"}},
    }
    if number == 0:
        oslo = {
            "buyer-name": {"nor": ["Oslo kommune"]},
            "organisation-identifier-buyer": ["NO 900 000 301 MVA"],
        }
        return plain | oslo | {"procedure-type": "innovation", "procedure-identifier": "p-1"}
    if number == 1:  # a change of notice 0: the same procedure
        oslo = {"buyer-name": "Oslo kommune", "organisation-identifier-buyer": "900000301"}
        return plain | oslo | {"procedure-type": ["innovation"], "procedure-identifier": "p-1"}
    if number == 2:
        return plain | {"buyer-name": {"nob": "Bergen kommune"}, "procedure-type": "innovation"}
    if number == 3:
        joint = {"buyer-name": ["Rana kommune", "Nordland fylkeskommune"]}
        return plain | joint | {"procedure-type": "innovation"}
    return plain | {"buyer-name": {"eng": f"Helseforetak {number}"}, "procedure-type": "innovation"}
