"""bytes that are not UTF-8 text → what they seem to be, and what to do."""

from tasks.errors import DataError
from tasks.ingest.problem import bad_data

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
ENCODINGS = {
    "utf-8": "utf-8",
    "latin-1": "latin-1",
    "windows-1252": "cp1252",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
}
"""What ingest.encoding may be, each with Python's word for it."""

_UTF16 = "is UTF-16, not UTF-8; set ingest.encoding: utf-16, or convert it: iconv -f UTF-16 -t UTF-8"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_FILES = {
    b"\x1f\x8b": "is packed with gzip; let its name end in .gz",
    b"PK\x03\x04": "is a zip archive or a spreadsheet; unpack it, or export it as csv",
    b"PAR1": "is a parquet file; let its name end in .parquet, or set ingest.format: parquet",
}
_OTHER_FORMATS = {**dict.fromkeys(_UTF16_MARKS, _UTF16), **_FILES}


def codec_without_mark(encoding: str) -> str:
    """Python's word for one of ENCODINGS, without a mark at the start of what it encodes."""
    return "utf-16-le" if encoding == "utf-16" else ENCODINGS[encoding]


def mark_bytes(start: bytes) -> int:
    """The length of the mark that a file which starts so begins with."""
    return next((len(mark) for mark in (BYTE_ORDER_MARK, *_UTF16_MARKS) if start.startswith(mark)), 0)


def refuse_other_formats(start: bytes, name: str) -> None:
    """Raise DataError if a file that starts so is no UTF-8 text but of a kind that is known."""
    for magic, advice in _OTHER_FORMATS.items():
        if start.startswith(magic):
            raise bad_data(name, advice)


def refuse_other_encoding(start: bytes, name: str, encoding: str) -> None:
    """Raise DataError if a file that starts so is surely not in the declared encoding, or no text at all."""
    for magic, advice in _FILES.items():
        if start.startswith(magic):
            raise bad_data(name, advice)
    is_utf16 = encoding.startswith("utf-16")
    if start.startswith(BYTE_ORDER_MARK):
        what = f"begins with the mark of UTF-8, and ingest.encoding is {encoding}; take ingest.encoding out"
        raise bad_data(name, what)
    if start.startswith(_UTF16_MARKS) and not is_utf16:
        what = f"begins with the mark of UTF-16, and ingest.encoding is {encoding}; set ingest.encoding: utf-16"
        raise bad_data(name, what)
    if is_utf16 and not start.startswith(_UTF16_MARKS) and len(start) > 1 and b"\0" not in start[:1024]:
        what = "does not look like UTF-16: it has no mark, and no letter of the Latin alphabet"
        raise bad_data(name, f"{what}; set ingest.encoding to what the file is in: {', '.join(ENCODINGS)}")


def nul_found(block: bytes, name: str, first_line: int, first_byte: int) -> DataError:
    """The error for a block that holds a NUL; line and byte are those of the block's start."""
    at = block.index(b"\0")
    if block[:256].count(b"\0") * 3 > len(block[:256]):
        order = "be" if block[:256:2].count(b"\0") > block[1:256:2].count(b"\0") else "le"
        convert = f"set ingest.encoding: utf-16-{order}, or convert it: iconv -f UTF-16{order.upper()} -t UTF-8"
        return bad_data(name, f"is UTF-16 without its mark, not UTF-8; {convert}")
    what = f"byte {first_byte + at:,}: a NUL character, which no text holds; remove it"
    return bad_data(name, what, line=_line(block, at, first_line))


def utf8_broken(block: bytes, name: str, first_line: int, first_byte: int) -> DataError:
    """The error for a block that is not UTF-8; line and byte are those of the block's start."""
    at, found = _first_break(block)
    what = f"byte {first_byte + at:,}: {found}"
    return bad_data(name, what, line=_line(block, at, first_line))


def _first_break(block: bytes) -> tuple[int, str]:
    try:
        block.decode()
    except UnicodeDecodeError as error:
        at = error.start
    bad = block[at : at + 3]
    if bad[0] == 0xED and bad[1:2] >= b"\xa0":
        return at, f"a lone surrogate ({bad.hex(' ')}), which is no character; write the text anew as UTF-8"
    return at, f"0x{bad[:1].hex()} is not UTF-8{_as_single_byte(bad[:1])}"


def _as_single_byte(bad: bytes) -> str:
    """What the byte would be in the usual other encodings, and what to do."""
    others = ", ".join(each for each in ENCODINGS if each != "utf-8")
    try:
        guess = bad.decode("cp1252")
    except UnicodeDecodeError:
        return f"; set ingest.encoding to what the file is in: {others}"
    either = "Latin-1 or Windows-1252" if bad >= b"\xa0" else "Windows-1252"
    advice = "set ingest.encoding: windows-1252, or convert the file: iconv -f WINDOWS-1252 -t UTF-8"
    return f" (as {either} it would be {guess!r}); {advice}"


def _line(block: bytes, at: int, first_line: int) -> int:
    return first_line + len((block[:at] + b".").splitlines()) - 1
