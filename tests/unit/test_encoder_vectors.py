"""Encoder vectors: kept between trainings, by content, through kills, torn files and a second process."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from review.classifier.encoders import SentenceEncoder, fingerprint, open_encoder
from review.classifier.vectors import CHUNK, KeptVectors
from review.errors import ModelError

ROOT = Path(__file__).resolve().parents[2]
WORDS = str.split("river rain farmer hill bridge market winter teacher letter garden")


class Counted:
    """Stands for a model: a text's vector is made of its length, and every text it is asked for is written down."""

    def __init__(self):
        self.asked = []

    def __call__(self, texts):
        self.asked += texts
        return np.array([[len(text), 1.0] for text in texts], np.float32)


def nothing(done, total):
    pass


def texts(number, start=0):
    return [f"text {start + row} " + "x" * (row % 7) for row in range(number)]


def test_no_text_is_encoded_twice(tmp_path):
    model = Counted()
    some = texts(CHUNK + 10)
    first = KeptVectors(tmp_path).get(some, model, nothing)
    again = KeptVectors(tmp_path).get(some[::-1], model, nothing)
    assert sorted(model.asked) == sorted(some)
    assert np.array_equal(again[::-1], first)
    assert first.dtype == np.float32
    more = KeptVectors(tmp_path).get([*some, "new", "new"], model, nothing)
    assert model.asked[len(some) :] == ["new"]
    assert more[-1].tolist() == more[-2].tolist() == [3, 1]


def test_no_text_at_all(tmp_path):
    assert KeptVectors(tmp_path / "none").get([], Counted(), nothing).shape[0] == 0


@pytest.mark.parametrize("damage", ["cut", "flip", "empty"])
def test_a_torn_chunk_is_made_again_and_no_other(tmp_path, damage):
    some = texts(3 * CHUNK)
    whole = KeptVectors(tmp_path).get(some, Counted(), nothing)
    torn = sorted(tmp_path.glob("*.vectors"))[1]
    content = torn.read_bytes()
    middle = len(content) // 2
    flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    torn.write_bytes({"cut": content[:middle], "flip": flipped, "empty": b""}[damage])
    model = Counted()
    assert np.array_equal(KeptVectors(tmp_path).get(some, model, nothing), whole)
    assert len(model.asked) == CHUNK
    assert torn.read_bytes() == content


def test_a_chunk_torn_while_in_use_is_made_again(tmp_path):
    some, model = texts(CHUNK), Counted()
    kept = KeptVectors(tmp_path)
    whole = kept.get(some, model, nothing)
    (only,) = tmp_path.glob("*.vectors")
    only.write_bytes(b"")
    assert np.array_equal(kept.get(some, model, nothing), whole)
    assert len(model.asked) == 2 * CHUNK


def test_work_that_is_stopped_goes_on_after_the_last_chunk(tmp_path):
    def stop(done, total):
        if done == 2 * CHUNK:
            raise KeyboardInterrupt

    some, model = texts(4 * CHUNK), Counted()
    with pytest.raises(KeyboardInterrupt):
        KeptVectors(tmp_path).get(some, model, stop)
    assert len(model.asked) == 2 * CHUNK
    KeptVectors(tmp_path).get(some, model, nothing)
    assert sorted(model.asked) == sorted(some)


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    def full(fd):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ModelError, match=r"No space left.*start again"):
        KeptVectors(tmp_path).get(texts(3), Counted(), nothing)
    assert not list(tmp_path.glob("*.part"))
    assert not list(tmp_path.glob("*.vectors"))


WORKER = """
import sys, time
import numpy as np
from pathlib import Path
from review.classifier.vectors import KeptVectors
folder, log, number, pause = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
texts = [f"text {row}" for row in range(number)]
def encode(some):
    with log.open("a") as file:
        file.writelines(text + "\\n" for text in some)
    time.sleep(pause)
    return np.array([[len(text), 1.0] for text in some], np.float32)
found = KeptVectors(folder).get(texts, encode, lambda done, total: None)
assert found[:, 0].tolist() == [len(text) for text in texts]
"""


def worker(folder, log, number, pause):
    command = [sys.executable, "-c", WORKER, str(folder), str(log), str(number), str(pause)]
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)})


def test_after_a_kill_only_the_chunk_in_work_is_done_again(tmp_path):
    folder, log, number = tmp_path / "vectors", tmp_path / "log", 6 * CHUNK
    process = worker(folder, log, number, 0.3)
    deadline = time.monotonic() + 60
    while len(list(folder.glob("*.vectors"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = len(list(folder.glob("*.vectors")))
    assert 2 <= done < 6
    (folder / "0.part").write_bytes(b"half a chunk")  # what a kill between write and rename leaves
    before = len(log.read_text().split("\n")) - 1
    assert worker(folder, log, number, 0).wait(60) == 0
    encoded = log.read_text().splitlines()
    assert len(set(encoded)) == number
    assert len(encoded[before:]) == number - done * CHUNK  # none of what was kept
    assert not list(folder.glob("*.part"))


def test_two_processes_share_the_work(tmp_path):
    folder, log, number = tmp_path / "vectors", tmp_path / "log", 6 * CHUNK
    both = [worker(folder, log, number, 0.1) for _ in range(2)]
    assert [one.wait(60) for one in both] == [0, 0]
    assert sorted(log.read_text().splitlines()) == sorted(f"text {row}" for row in range(number))


# -- with sentence-transformers ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def static_folder(tmp_path_factory):
    """A model of ten words, made here: nothing is fetched."""
    sentence_transformers = pytest.importorskip("sentence_transformers")
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"?": 0, **{word: i for i, word in enumerate(WORDS, 1)}}, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    table = np.random.default_rng(0).normal(size=(len(WORDS) + 1, 8)).astype(np.float32)
    folder = tmp_path_factory.mktemp("static")
    model = sentence_transformers.SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=table)])
    model.save(str(folder))
    return folder


@pytest.fixture(scope="module")
def transformer_folder(tmp_path_factory):
    """A transformer of two layers with random weights, made here."""
    sentence_transformers = pytest.importorskip("sentence_transformers")
    import torch
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("transformer")
    (folder / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]))
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    config = BertConfig(vocab_size=5 + len(WORDS), max_position_embeddings=64, **sizes)
    BertModel(config).save_pretrained(folder / "bert")
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder / "bert")
    part = Transformer(str(folder / "bert"), max_seq_length=48)
    model = sentence_transformers.SentenceTransformer(modules=[part, Pooling(32)], device="cpu")
    model.save(str(folder / "model"))
    return folder / "model"


def sentences(number):
    rng = random.Random(1)
    return [" ".join(rng.choices(WORDS, k=rng.randint(1, 40))) for _ in range(number)]


@pytest.mark.slow  # imports torch
@pytest.mark.parametrize("folder", ["static_folder", "transformer_folder"])
def test_a_text_has_the_same_vector_whatever_is_beside_it(folder, request, tmp_path):
    encoder = SentenceEncoder("own", request.getfixturevalue(folder))
    some = [*sentences(CHUNK + 20), "", "a lone \ud800 surrogate"]
    whole = encoder.encode(some)
    alone = np.concatenate([encoder.encode([text]) for text in some[::-1]])[::-1]
    assert np.array_equal(whole, alone)
    kept = SentenceEncoder("own", request.getfixturevalue(folder), tmp_path)
    assert np.array_equal(kept.encode(some), whole)
    assert np.isfinite(whole).all()
    assert np.allclose(np.linalg.norm(whole[:20], axis=1), 1, atol=1e-5)


@pytest.mark.slow  # imports torch
def test_a_model_is_not_even_loaded_when_all_is_kept(static_folder, tmp_path, monkeypatch):
    some = sentences(20)
    first = open_encoder(str(static_folder), tmp_path).encode(some)
    monkeypatch.setattr(SentenceEncoder, "compute", lambda *_: pytest.fail("encoded again what was kept"))
    assert np.array_equal(open_encoder(str(static_folder), tmp_path).encode(some), first)


@pytest.mark.slow  # imports torch
def test_another_model_has_vectors_of_its_own(static_folder, transformer_folder, tmp_path):
    some = sentences(5)
    assert open_encoder(str(static_folder), tmp_path).encode(some).shape == (5, 8)
    assert open_encoder(str(transformer_folder), tmp_path).encode(some).shape == (5, 32)


def test_a_fingerprint_is_of_the_files_and_not_of_their_place(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name / "1_Pooling").mkdir(parents=True)
        (tmp_path / name / "model.safetensors").write_bytes(b"weights")
        (tmp_path / name / "1_Pooling" / "config.json").write_text("{}")
        (tmp_path / name / "README.md").write_text(name)
    same = fingerprint(tmp_path / "one")
    assert fingerprint(tmp_path / "two") == same
    (tmp_path / "two" / "1_Pooling" / "config.json").write_text('{"pooling": "max"}')
    assert fingerprint(tmp_path / "two") != same


def test_a_folder_that_holds_no_model_says_so(tmp_path):
    pytest.importorskip("sentence_transformers")
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ModelError, match=r"cannot be loaded.*Set classifier.encoder"):
        open_encoder(str(tmp_path)).encode(["text"])
