"""Texts, or pairs of texts, → token ids, by the base's own tokenizer."""

from collections.abc import Sequence
from pathlib import Path

from tokenizers import Encoding, Tokenizer

from tasks.errors import IntegrityError, SetupError
from tasks.model.batches import Tokens
from tasks.texts import Text, parts

TOKENIZER = "tokenizer.json"


def load_tokenizer(folder: Path, max_tokens: int) -> Tokenizer:
    """The tokenizer of a base or saved model, cutting at `max_tokens` (of a pair, the longer text) and padding nothing.

    Reads tokenizer.json directly, which costs a fiftieth of importing transformers' tokenizers; a base without one is
    converted by transformers.
    """
    file = folder / TOKENIZER
    tokenizer = _read(file) if file.is_file() else _converted(folder)
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def token_ids(tokenizer: Tokenizer, texts: Sequence[Text], *, per_word: bool = False) -> Tokens:
    """The ids of each text, special tokens included; a pair is put together by the tokenizer's own template.

    per_word: also where each word, with one space between, has its first token.
    """
    if per_word:
        words = [text if isinstance(text, str) else text[0] for text in texts]
        read = tokenizer.encode_batch(words)  # the fast variant gives no offsets
        first = [*map(_first_tokens, words, (each.offsets for each in read))]
        return Tokens([each.ids for each in read], words=first, is_cut=_cut(tokenizer, read))
    encodings = tokenizer.encode_batch_fast(list(texts))
    ids = [encoding.ids for encoding in encodings]
    is_cut = _cut(tokenizer, encodings)
    if parts(texts)[1] is None:
        return Tokens(ids, is_cut=is_cut)
    segments = [[0 if text is None else text + 1 for text in each.sequence_ids] for each in encodings]
    return Tokens(ids, [each.type_ids for each in encodings], segments, is_cut=is_cut)


def _cut(tokenizer: Tokenizer, encodings: Sequence[Encoding]) -> list[bool]:
    """Of each row, whether it had more tokens than were read of it."""
    most = (tokenizer.truncation or {}).get("max_length")
    return [len(each.ids) == most and bool(each.overflowing) for each in encodings]


def _first_tokens(text: str, offsets: Sequence[tuple[int, int]]) -> list[int]:
    """The place of each word's first token, -1 for a word that the tokenizer drops or cuts off.

    offsets: where each token begins and ends in the text; (0, 0) of special ones. A token may begin with the space
    before its word.
    """
    word_at = {}
    begin = 0
    words = text.split(" ")
    for number, word in enumerate(words):
        word_at.update(dict.fromkeys(range(begin, begin + len(word)), number))
        begin += len(word) + 1
    found = [-1] * len(words)
    for place, (start, end) in enumerate(offsets):
        begun = next((word_at[at] for at in range(start, end) if at in word_at), None)
        if begun is not None and found[begun] < 0:
            found[begun] = place
    return found


def _read(file: Path) -> Tokenizer:
    try:
        return Tokenizer.from_file(str(file))
    except Exception as error:  # the library raises nothing narrower
        raise IntegrityError(f"{file} is broken ({error}). Restore it, or fetch the base again.") from None


def _converted(folder: Path) -> Tokenizer:
    from transformers import AutoTokenizer

    try:
        loaded = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    except Exception as error:  # whatever the vocabulary's own reader trips over; nothing narrower covers them
        raise _no_tokenizer(folder, error) from None
    if not hasattr(loaded, "backend_tokenizer"):
        raise _no_tokenizer(folder, "it is a slow one")
    if loaded.backend_tokenizer.get_vocab_size() <= len(loaded.all_special_ids):  # then every word would be [UNK]
        raise _no_tokenizer(folder, "its vocabulary is missing")
    return loaded.backend_tokenizer


def _no_tokenizer(folder: Path, why: object) -> SetupError:
    first = (str(why).splitlines() or [type(why).__name__])[0]
    return SetupError(
        f"{folder} has no {TOKENIZER} and transformers cannot make one ({first[:200]}). Save a fast tokenizer there."
    )
