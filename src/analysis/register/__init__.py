"""Keep the participation register: check, add, import, review, describe and release it."""

__all__ = [
    "cli",
    "codebook",
    "commands",
    "cooperation",
    "edit",
    "eligibility",
    "encodings",
    "files",
    "participation",
    "programmes",
    "quality",
    "reconcile",
    "release",
    "research_council",
    "resolve",
    "review",
    "rules",
    "spreadsheet",
    "validate",
    "workbook",
]
