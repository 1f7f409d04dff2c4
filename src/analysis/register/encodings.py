"""Which encoding a file is in that is not UTF-8: told by its Norwegian letters, or asked about; never guessed."""

from __future__ import annotations

import re

#: What a file that is not UTF-8 may be in, as people call it, and as Python does.
ENCODINGS = {"Windows-1252": "cp1252", "Mac Roman": "mac_roman", "DOS 850": "cp850"}
_NORWEGIAN = "æøåÆØÅ"
#: What else stands in Norwegian and Sámi names and in running text.
_USUAL = re.compile(rf"[\0-\x7f{_NORWEGIAN}éèêëóòôöüäáàâíñçšžčđŋŧÉÈÓÒÔÖÜÄÁÀŠŽČĐŊŦ«»“”‘’–—…§°€½²³·\u00a0]")
#: Where Norwegian letters do not stand: what ¾, ® and ’ become in a wrong encoding.
_MISPLACED = re.compile(r"(?<=[a-zæøå])[ÆØÅ]|(?<=\d)[æøåÆØÅ]")
#: How files begin that are no text, and what they are.
_NO_TEXT = {
    b"PK\x03\x04": "an Excel or LibreOffice file (.xlsx, .ods)",
    b"\xd0\xcf\x11\xe0": "an old Excel file (.xls)",
    b"%PDF": "a PDF",
}


def decode(raw: bytes, encoding: str | None = None) -> tuple[str, str]:
    """Text of a file, and the name of its encoding.

    Parameters
    ----------
    raw : bytes
    encoding : str, optional
        What it is in where it is not UTF-8: a name of :data:`ENCODINGS` or of Python.

    Returns
    -------
    text, name : str
        The name is blank for UTF-8.

    Raises
    ------
    ValueError, LookupError
        The file is no text, it cannot be told which encoding it is (the message shows what each would give), or it
        is not the one given.
    """
    for beginning, what in _NO_TEXT.items():
        if raw.startswith(beginning):
            raise ValueError(
                f"this is {what}, not a CSV; open it in a spreadsheet program and save it as CSV UTF-8"
            )
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", errors="replace"), "UTF-16"
    try:
        return raw.decode("utf-8"), ""
    except UnicodeDecodeError as error:
        if encoding:
            return raw.decode(ENCODINGS.get(encoding, encoding)), encoding
        at = raw[: error.start].count(b"\n")
    texts = {name: raw.decode(codec, errors="replace") for name, codec in ENCODINGS.items()}
    told = [
        name
        for name, text in texts.items()
        if sum(map(text.count, _NORWEGIAN)) > len(_USUAL.sub("", text)) + len(_MISPLACED.findall(text))
    ]
    if len(told) == 1:
        return texts[told[0]], told[0]
    shown = "; ".join(f"as {name} {text.split(chr(10))[at].strip()[:60]!r}" for name, text in texts.items())
    raise ValueError(
        f"not UTF-8, and it cannot be told which encoding it is: row {at + 1} reads {shown}; save it as CSV UTF-8, "
        f"or say which it is, e.g. --encoding 'Mac Roman'"
    )
