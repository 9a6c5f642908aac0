"""What every test may use: switches that keep libraries quiet, and tiny bases made on the spot."""

import os

from tasks.offline import set_switches

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # tests run beside one another: who waits must not hold a core
os.environ.setdefault("GOMP_SPINCOUNT", "0")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # tiny models gain nothing from a second thread
set_switches()

from collections.abc import Callable, Iterator  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import pytest  # noqa: E402

from tasks.digest import row_id, sha256_of_file  # noqa: E402
from tasks.model.settings import BaseSettings  # noqa: E402
from tasks.paths import Paths  # noqa: E402
from tasks.table import AUGMENTED, SPLIT, write_rows  # noqa: E402
from tests.desk import desk, flip, quick_answers, two_versions  # noqa: E402, F401 - fixtures, made once for all tests
from tests.elsewhere import elsewhere  # noqa: E402, F401


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Whole pipelines in one process, whose server and first run they share, but for the longest story, which has
    servers of its own; all else file by file."""
    from xdist.scheduler import LoadFileScheduling

    class PipelinesTogether(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file: str = super()._split_scope(nodeid)
            return PIPELINES if file.startswith(PIPELINES) and file != LONGEST else file

    return PipelinesTogether(config, log)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Unit tests take what whole pipelines leave of the machine while these wait for servers and schedules."""
    if "PYTEST_XDIST_WORKER" in os.environ and not item.nodeid.startswith(PIPELINES):
        os.setpriority(os.PRIO_PROCESS, 0, YIELDING)  # for good: pipelines come first


PIPELINES = "tests/pipeline/"
LONGEST = f"{PIPELINES}test_trust.py"
YIELDING = 10
WORDS = [
    "where", "is", "my", "box", "refund", "card", "late", "pay", "stop", "cancel",
    "please", "the", "a", "not", "broken", "money", "today", "lost", "again", "help",
]  # fmt: skip
SIZES = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 64, "vocab_size": 64}


def tiny_config(kind: str) -> Any:
    """The configuration of a base with 3 layers of width 32."""
    import transformers as t

    return {
        "bert": lambda: t.BertConfig(**SIZES, max_position_embeddings=64),
        "roberta": lambda: t.RobertaConfig(**SIZES, max_position_embeddings=66, pad_token_id=0),
        "distilbert": lambda: t.DistilBertConfig(
            dim=32, n_layers=3, n_heads=4, hidden_dim=64, vocab_size=64, max_position_embeddings=64
        ),
        "modernbert": lambda: t.ModernBertConfig(
            **SIZES, max_position_embeddings=64, pad_token_id=0, bos_token_id=2, eos_token_id=3, cls_token_id=2
        ),
        "deberta-v3": lambda: t.DebertaV2Config(
            **SIZES, relative_attention=True, pos_att_type=["p2c", "c2p"], position_buckets=16, type_vocab_size=0,
            position_biased_input=False, norm_rel_ebd="layer_norm", share_att_key=True,
        ),
        "mpnet": lambda: t.MPNetConfig(**SIZES, max_position_embeddings=66, pad_token_id=0),
        "electra": lambda: t.ElectraConfig(**SIZES, embedding_size=16, max_position_embeddings=64),
        "gpt2": lambda: t.GPT2Config(n_embd=32, n_layer=3, n_head=4, n_inner=64, vocab_size=64, n_positions=64),
        "llama": lambda: t.LlamaConfig(**SIZES, num_key_value_heads=2, max_position_embeddings=64),
    }[kind]()  # fmt: skip


def make_tiny_base(folder: Path, kind: str = "bert") -> BaseSettings:
    """A base with seeded random weights, saved as safetensors with a word-level tokenizer."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import AutoModel

    torch.manual_seed(0)
    AutoModel.from_config(tiny_config(kind)).save_pretrained(folder)
    vocabulary = {word: number for number, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    digest = sha256_of_file(folder / "model.safetensors")
    return BaseSettings(
        id=f"tiny/{kind}", revision="0" * 40, sha256=digest, folder=str(folder), max_tokens=32, threads=1
    )


def shard(folder: Path, most: str = "20KB") -> str:
    """Save a base's weights in several files instead of one, as large bases come; the digest for base.sha256."""
    from transformers import AutoModel

    from tasks.model.weights import WEIGHTS, digest_of_weights

    model = AutoModel.from_pretrained(folder)
    (folder / WEIGHTS).unlink()
    model.save_pretrained(folder, max_shard_size=most)
    return digest_of_weights(folder)


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> BaseSettings:
    """A BERT of 3 layers."""
    return make_tiny_base(tmp_path_factory.mktemp("base") / "bert")


@pytest.fixture(scope="session")
def tiny_bases(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], BaseSettings]:
    """A base of a given kind, made once."""
    made: dict[str, BaseSettings] = {}

    def base_of(kind: str) -> BaseSettings:
        if kind not in made:
            made[kind] = make_tiny_base(tmp_path_factory.mktemp("base") / kind, kind)
        return made[kind]

    return base_of


def split_rows(count: int, start: int = 0) -> list[dict[str, object]]:
    """Rows of three labels told apart by one word each, with filler words that vary."""
    keys = {"refund": "refund", "late": "late", "cancel": "cancel"}
    rows: list[dict[str, object]] = []
    for number in range(start, start + count):
        label = list(keys)[number % 3]
        filler = [WORDS[(number * k + k) % len(WORDS)] for k in range(1, 2 + number % 5)]
        text = " ".join([*filler, keys[label], str(number)])
        row = {"row_id": row_id(text, label), "side": "any", "line": number + 2, "text": text, "label": label}
        rows.append(row | {"fold": number % 4})
    return rows


@pytest.fixture
def learnable(tmp_path: Path) -> Paths:
    """A workspace with split and augmented tables that even a tiny base can learn from."""
    paths = Paths(tmp_path / "workspace")
    paths.root.mkdir()
    train = split_rows(60)
    for path, rows in ((paths.train, train), (paths.val, split_rows(18, 60)), (paths.test, split_rows(18, 78))):
        write_rows(path, rows, SPLIT)
    write_rows(paths.augmented, [row | {"parent_id": row["row_id"], "method": "original"} for row in train], AUGMENTED)
    return paths


@pytest.fixture(autouse=True)
def _no_wait_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thousands of small files that tests write need not outlive a power cut; tests/unit/test_files.py looks at
    whether the disk is asked."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture(autouse=True)
def _fresh_accelerate() -> Iterator[None]:
    """accelerate keeps precision and device in a global; each test starts without."""
    yield
    import sys

    if "accelerate" in sys.modules:
        from accelerate.state import AcceleratorState, PartialState

        AcceleratorState._reset_state(reset_partial_state=True)
        PartialState._reset_state()
