"""Static word vectors learned from the project's own texts: PPMI of neighbouring words, then a truncated SVD.

Source: Levy, Goldberg and Dagan 2015 (positive PMI, context counts to the power .75, U sqrt(S)); frequency weight
a / (a + p) from Arora, Liang and Ma 2017. A document's vector is the plain mean over all its words, unknown ones
counting as zero; without a norm it folds into one number a word when a linear head is put on it. Directions in which
the documents of a language differ much are stretched: what few labels say is then read along what sets texts apart,
not along what is particular to each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from review.signals.words import WORD_BUCKETS, fold_words, word_bucket, word_hash

if TYPE_CHECKING:
    from review.signals.scan import Grams

DIMENSIONS = 256
WINDOW = 10  # words to each side, near and far alike: topics, not turns of phrase
WORDS_A_DOCUMENT = 512
VOCABULARY = 20_000
MIN_DOCUMENTS = 2
CONTEXT_POWER = 0.75
COMMON = 1e-3  # a word's weight is COMMON / (COMMON + its share of all words)
EMPHASIS = 0.25  # power of the documents' covariance by which vectors are stretched; of a linear kernel that is 1.5
EVENING = 0.375  # by which they are pressed for novelty: half as far again as they were stretched, past where they were
_LEAST = 1e-4  # of the largest spread: directions with less count as having so much when vectors are evened


@dataclass(frozen=True)
class StaticVectors:
    """Vectors of hashed words. rows[bucket] is the bucket's row in vectors, -1 where it has none."""

    vectors: NDArray[np.float32]  # (vocabulary, dimensions)
    rows: NDArray[np.int32]  # (262,144,)
    even: NDArray[np.float32] | None = None  # (dimensions, dimensions), see `evened`; none in models from before it

    @classmethod
    def of(cls, arrays: Mapping[str, Any]) -> StaticVectors:
        """Read back from what `arrays` gave."""
        return cls(arrays["static.vectors"], arrays["static.rows"], arrays.get("static.even"))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """As they are kept in files."""
        kept = {"static.vectors": self.vectors, "static.rows": self.rows}
        return kept if self.even is None else kept | {"static.even": self.even}

    @cached_property
    def known(self) -> NDArray[np.int32]:
        """Buckets that have a vector, in row order."""
        buckets = np.flatnonzero(self.rows >= 0)
        return buckets[np.argsort(self.rows[buckets])].astype(np.int32)

    def means(
        self, order: NDArray[np.int32], ends: NDArray[np.int64], only: NDArray[np.int64] | None = None
    ) -> NDArray[np.float64]:
        """Vectors (documents, dimensions) of the documents in `only` (None: all), from word buckets in order."""
        from scipy.sparse import csr_matrix

        starts = np.concatenate([np.zeros(1, np.int64), ends[:-1]])
        rows = self.rows[order]
        document = np.repeat(np.arange(len(ends)), ends - starts)[rows >= 0]
        counts = csr_matrix((np.ones(len(document)), (document, rows[rows >= 0])), shape=(len(ends), len(self.vectors)))
        words = np.maximum(ends - starts, 1)
        if only is not None:
            counts, words = counts[only], words[only]
        means: NDArray[np.float64] = counts @ self.vectors.astype(np.float64)
        means /= words[:, None]
        return means

    def per_bucket(self, weights: NDArray[np.float64]) -> NDArray[np.float32]:
        """A linear weight on document vectors, folded into one number a word bucket (262,144,)."""
        folded = np.zeros(WORD_BUCKETS, np.float32)
        folded[self.known] = self.vectors @ weights
        return folded

    def emphasised(self, means: NDArray[np.float64], languages: NDArray[np.int32]) -> StaticVectors:
        """The same words, stretched along what sets documents of one language apart.

        means: (documents, dimensions) of documents; languages: of each. Between languages nothing is stretched: what
        tells them apart says little of what is good, and would drown it.
        """
        around = np.array(means)
        for language in np.unique(languages):
            around[languages == language] -= means[languages == language].mean(0)
        spread, directions = np.linalg.eigh(around.T @ around / max(len(means), 1))
        if spread[-1] <= 0:  # the documents do not differ
            return self
        stretch = (directions * (np.maximum(spread, 0) / spread[-1]) ** EMPHASIS) @ directions.T
        even = (directions / np.maximum(spread / spread[-1], _LEAST) ** EVENING) @ directions.T
        vectors, even = (np.ascontiguousarray(one, np.float32) for one in (self.vectors @ stretch, even))
        return StaticVectors(vectors, self.rows, even)

    def evened(self, means: NDArray[np.floating]) -> NDArray[np.floating]:
        """Vectors of documents pressed together where they were stretched, and further: what is unlike all others may
        be so in directions in which the usual hardly differ.
        """
        return means if self.even is None else means @ self.even

    def sentence_transformer(self, texts: Sequence[str]) -> Any:
        """The same vectors as a sentence-transformers model over the words of `texts`.

        Its tokenizer splits with regular expressions where the compiled pass uses its tables: they agree but for
        rare characters, and it knows only words that occur in `texts`.
        """
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import StaticEmbedding
        from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

        words = sorted({word for text in texts for word in fold_words(text)})
        rows = {word: int(self.rows[word_bucket(word_hash(word))]) for word in words}
        known = [word for word in words if rows[word] >= 0]
        unknown = "\n"  # no word holds a line break
        tokenizer = Tokenizer(
            models.WordLevel({unknown: 0, **{word: i for i, word in enumerate(known, 1)}}, unk_token=unknown)
        )
        han = r"[\p{Han}\p{Hiragana}\p{Katakana}]"
        tokenizer.normalizer = normalizers.Sequence(
            [normalizers.Lowercase(), normalizers.Replace(Regex(r"\p{N}"), "0")]
        )
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(r"[^\p{L}\p{N}\p{Mn}\p{Mc}\p{Cf}]+"), "removed"),
                pre_tokenizers.Split(Regex(han), "isolated"),
            ]
        )
        table = np.zeros((len(known) + 1, self.vectors.shape[1]), np.float32)
        table[1:] = self.vectors[[rows[word] for word in known]]
        return SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=table)], device="cpu")


def learn_static(grams: Grams, documents: NDArray[np.int64], word_df: NDArray[np.int64], seed: int) -> StaticVectors:
    """Vectors from the word order of `documents` (row numbers in grams).

    word_df: documents of the pool that hold each word bucket (262,144,).
    """
    from scipy.sparse import coo_matrix, csr_matrix
    from sklearn.utils.extmath import randomized_svd

    vocabulary = np.argsort(-word_df, kind="stable")[:VOCABULARY]
    vocabulary = vocabulary[word_df[vocabulary] >= MIN_DOCUMENTS]
    rows = np.full(WORD_BUCKETS, -1, np.int32)
    rows[vocabulary] = np.arange(len(vocabulary))
    n = len(vocabulary)
    if n < 2:
        return StaticVectors(np.zeros((n, 1), np.float32), rows)
    words, document, frequency = _sequences(grams, documents, rows, n)
    total = csr_matrix((n, n))
    for distance in range(1, WINDOW + 1):
        same = document[:-distance] == document[distance:]
        left, right = words[:-distance][same], words[distance:][same]
        total = total + coo_matrix((np.ones(len(left)), (left, right)), shape=(n, n)).tocsr()
    both = (total + total.T).tocoo()
    if both.nnz == 0:
        return StaticVectors(np.zeros((n, 1), np.float32), rows)
    margin = np.asarray(both.sum(1)).ravel()
    context = margin**CONTEXT_POWER / (margin**CONTEXT_POWER).sum()
    pmi = np.log(both.data / (margin[both.row] * context[both.col]))
    positive = pmi > 0
    matrix = csr_matrix((pmi[positive].astype(np.float32), (both.row[positive], both.col[positive])), shape=(n, n))
    left, strength, _ = randomized_svd(matrix, min(DIMENSIONS, n - 1), random_state=seed, n_iter=2)
    vectors = left * np.sqrt(strength)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    vectors *= (COMMON / (COMMON + frequency / max(frequency.sum(), 1)))[:, None]
    # Row by row, as they are read back from a file: another order in memory sums in another order.
    return StaticVectors(np.ascontiguousarray(vectors, np.float32), rows)


def _sequences(
    grams: Grams, documents: NDArray[np.int64], rows: NDArray[np.int32], n: int
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
    """Known words in order (512 a document), the document of each, and how often each word occurs at all."""
    parts = []
    frequency = np.zeros(n, np.int64)
    starts = np.concatenate([np.zeros(1, np.int64), grams.order_ends[:-1]])
    for document in documents:
        words = rows[grams.order[starts[document] : grams.order_ends[document]]]
        words = words[words >= 0]
        frequency += np.bincount(words, minlength=n)
        parts.append(words[:WORDS_A_DOCUMENT])
    sizes = [len(part) for part in parts]
    return np.concatenate(parts), np.repeat(np.arange(len(parts)), sizes), frequency
