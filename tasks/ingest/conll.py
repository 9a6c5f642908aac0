"""conll → rows: a token and its tag a line, a blank line between sentences; a sentence is a row."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tasks.errors import DataError
from tasks.ingest.cells import refuse_no_token
from tasks.ingest.problem import bad_data, quoted
from tasks.ingest.reading import Reading, Row

COLUMNS = ("text", "tags", "sentence")
"""What a sentence gives: its tokens and its tags, each joined by one space, and the field that stands alone at its
end, if its file has one for each sentence."""

_DOCUMENT = "-DOCSTART-"


@dataclass
class Sentence:
    """What stands between two blank lines, and its first line."""

    line: int
    tokens: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    label: str | None = None
    size: int = 0

    @property
    def values(self) -> dict[str, str]:
        """What stands in each of COLUMNS."""
        return {"text": " ".join(self.tokens), "tags": " ".join(self.tags), "sentence": self.label or ""}


def read_conll(reading: Reading) -> Iterator[Row]:
    """The sentences of a conll file. The fields are parted by a tab if its first line with fields has one, otherwise
    by a space. Lines of -DOCSTART-, and lines between sentences that begin with # and are no token, are comments.

    Raises DataError at the first line that is neither a token with its tag nor a label of the whole sentence, and
    where some sentences of the file have such a label and others have none.
    """
    _check_columns(reading)
    first: Sentence | None = None
    for sentence in read_sentences(reading):
        first = first or sentence
        _refuse_other_shape(sentence, first, reading)
        yield _row(sentence, reading)
    if first is not None:
        given = {*COLUMNS[: 2 if first.label is None else 3]}
        reading.ignore(given - {*reading.settings.columns.values()})


def _check_columns(reading: Reading) -> None:
    for key, column in reading.settings.columns.items():
        if column not in COLUMNS:
            what = "a conll file gives 'text', 'tags' (a tag a token) and 'sentence' (a label a sentence)"
            raise bad_data(reading.name, f"{what}; set ingest.{key} to one of them", column=column)


def read_sentences(reading: Reading) -> Iterator[Sentence]:
    """The sentences of a conll file. Raises DataError as read_conll does."""
    separator, sentence = reading.settings.delimiter, None
    for number, line in enumerate(reading.lines(), 1):
        bare = line.rstrip("\r\n")
        is_between = not bare.strip() or bare.split(maxsplit=1)[0] == _DOCUMENT
        if is_between or (sentence is None and _is_comment(bare, separator)):
            if is_between and sentence is not None:
                yield sentence
                sentence = None
            continue
        separator = separator or ("\t" if "\t" in bare else " ")
        sentence = sentence or Sentence(number)
        _add(sentence, bare.split(separator), number, reading)
    if sentence is not None:
        yield sentence


def _is_comment(line: str, separator: str | None) -> bool:
    return line.startswith("#") and len(line.split(separator or ("\t" if "\t" in line else " "))) != 2


def _add(sentence: Sentence, fields: list[str], number: int, reading: Reading) -> None:
    """Add a line's token and tag, or the label of the sentence."""
    if sentence.label is not None:
        what = f"{quoted(sentence.label)} stands alone, and more of the sentence follows"
        raise bad_data(reading.name, f"{what}; write its tag, or put a blank line after it", line=number - 1)
    if len(fields) == 1:
        if not sentence.tokens:
            what = f"{quoted(fields[0])} stands alone, without a token before it; write its tag, or remove it"
            raise bad_data(reading.name, what, line=number)
        sentence.label = fields[0]
        return
    if len(fields) != 2:
        raise _wrong_count(len(fields), reading.name, number)
    try:
        refuse_no_token(fields[0], "the token")
        refuse_no_token(fields[1], "the tag")
    except ValueError as error:
        raise bad_data(reading.name, str(error), line=number) from None
    sentence.tokens.append(fields[0])
    sentence.tags.append(fields[1])
    sentence.size += max(map(len, fields)) + 1
    limit = reading.settings.max_field_bytes
    if sentence.size > limit:
        what = f"the sentence is longer than {limit:,} bytes (ingest.max_field_bytes)"
        raise bad_data(
            reading.name, f"{what}; put a blank line between sentences, or raise the limit", line=sentence.line
        )


def _wrong_count(count: int, name: str, line: int) -> DataError:
    what = f"the line has {count:,} fields, a token and its tag are 2"
    keep = "awk 'NF {print $1, $NF; next} {print}' keeps the first and the last field of each line"
    return bad_data(name, f"{what}; {keep}", line=line)


def _refuse_other_shape(sentence: Sentence, first: Sentence, reading: Reading) -> None:
    """Either all sentences have a label of their own or none has."""
    if (sentence.label is None) == (first.label is None):
        return
    if sentence.label is None:
        what = f"the sentence has no label of its own, the one of line {first.line} has"
    else:
        what = f"the sentence has a label of its own ({quoted(sentence.label)}), the one of line {first.line} has none"
    advice = "write one for each sentence or for none (a line with one field, before the blank line)"
    raise bad_data(reading.name, f"{what}; {advice}", line=sentence.line)


def _row(sentence: Sentence, reading: Reading) -> Row:
    wanted = reading.settings.columns
    if sentence.label is None and "sentence" in wanted.values():
        what = "the sentence has no line with a single field at its end, its label; add it, or set another column"
        raise bad_data(reading.name, what, line=sentence.line, column="sentence")
    values = sentence.values
    pair = wanted.get("pair_column")
    return (
        sentence.line,
        values[wanted["text_column"]],
        None if pair is None else values[pair],
        values[wanted["label_column"]],
    )
