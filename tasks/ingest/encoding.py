"""bytes that are not UTF-8 text → what they seem to be, and what to do."""

from tasks.errors import DataError
from tasks.ingest.problem import bad_data

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF16 = "is UTF-16, not UTF-8; convert it: iconv -f UTF-16 -t UTF-8"
_OTHER_FORMATS = {
    b"\xff\xfe": _UTF16,
    b"\xfe\xff": _UTF16,
    b"\x1f\x8b": "is packed with gzip; let its name end in .gz",
    b"PK\x03\x04": "is a zip archive or a spreadsheet; unpack it, or export it as csv",
    b"PAR1": "is a parquet file; let its name end in .parquet, or set ingest.format: parquet",
}


def refuse_other_formats(start: bytes, name: str) -> None:
    """Raise DataError if a file that starts so is no UTF-8 text but of a kind that is known."""
    for magic, advice in _OTHER_FORMATS.items():
        if start.startswith(magic):
            raise bad_data(name, advice)


def nul_found(block: bytes, name: str, first_line: int, first_byte: int) -> DataError:
    """The error for a block that holds a NUL; line and byte are those of the block's start."""
    at = block.index(b"\0")
    if block[:256].count(b"\0") * 3 > len(block[:256]):
        return bad_data(name, "is UTF-16 without its mark, not UTF-8; convert it: iconv -f UTF-16LE -t UTF-8")
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
    guess = bad[:1].decode("cp1252", "replace")
    advice = "convert the file: iconv -f WINDOWS-1252 -t UTF-8"
    return at, f"0x{bad[:1].hex()} is not UTF-8 (as Latin-1 or Windows-1252 it would be {guess!r}); {advice}"


def _line(block: bytes, at: int, first_line: int) -> int:
    return first_line + len((block[:at] + b".").splitlines()) - 1
