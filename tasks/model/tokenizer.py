"""Texts, or pairs of texts, → token ids, by the base's own tokenizer."""

from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer

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


def token_ids(tokenizer: Tokenizer, texts: Sequence[Text]) -> Tokens:
    """The ids of each text, special tokens included; a pair is put together by the tokenizer's own template."""
    encodings = tokenizer.encode_batch_fast(list(texts))
    ids = [encoding.ids for encoding in encodings]
    most = (tokenizer.truncation or {}).get("max_length")
    is_cut = [len(each.ids) == most and bool(each.overflowing) for each in encodings]
    if parts(texts)[1] is None:
        return Tokens(ids, is_cut=is_cut)
    segments = [[0 if text is None else text + 1 for text in each.sequence_ids] for each in encodings]
    return Tokens(ids, [each.type_ids for each in encodings], segments, is_cut)


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
