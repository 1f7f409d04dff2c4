"""A record as a person fills in the form of import."""

GOOD = {
    "programme_id": "klimasats",
    "project_title": "Nytt prosjekt",
    "year": "2021",
    "participant_name": "Utsira",
    "role": "lead",
    "source_url": "https://example.no/klima",
    "source_kind": "publisher",
}
