"""What the unlabelled texts of a project say: quantiles, document frequencies, word vectors, what is usual.

None of it uses a label, so it may be learned from test documents too: that is how the model will be used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from review.classifier.ranks import KNOTS, learn_knots, normal_score, ranks
from review.classifier.static import StaticVectors, learn_static
from review.signals.catalogue import COUNTS, NAMES, POOL_COUNTS
from review.signals.words import CHARACTER_BUCKETS, GROUPS, LOG_DF_STEPS, WORD_BUCKETS

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from review.signals.scan import Grams, Scan

WIDESPREAD = 100  # "the pool's commonest words"
SCALE_DOCUMENTS = 2_000  # pool documents that set each part's scale and teach the word vectors
_RIDGE = 0.1  # on the covariance of the ranks
_POOL = slice(COUNTS.index(POOL_COUNTS[0]), COUNTS.index(POOL_COUNTS[-1]) + 1)

# Which way a signal points before any label is seen: set by hand from what the filters in the literature agree on.
_GOOD = (
    "terminal_lines", "function_words", "stop_words", "stop_words_distinct", "alpha_tokens", "commas_per_word",
    "log_words", "word_entropy", "log_line_length_mean", "ends_terminal",
)  # fmt: skip
_BAD = (
    "boilerplate", "symbols_per_token", "ellipsis_lines", "bullet_lines", "upper_characters", "allcaps_words",
    "duplicate_lines", "duplicate_line_characters", "duplicate_5grams", "duplicate_10grams", "top_bigram",
    "top_trigram", "short_lines", "punctuation_characters", "separator_characters", "bad_characters",
    "urls_per_word", "digit_characters", "newlines_per_word", "list_lines", "exclamations_per_word",
    "code_characters", "starts_lower", "script_mix", "log_longest_token",
)  # fmt: skip
HAND_WEIGHTS = np.array([(name in _GOOD) - (name in _BAD) for name in NAMES], np.float64)
PRIOR_WEIGHT = 0.5  # of the standardised hand-weighted sum, in the logit
NOVELTY_WEIGHT = -0.25


@dataclass(frozen=True)
class Block:
    """Mean and scale of one part's features over the pool: a part's kernel is divided by its mean diagonal."""

    mean: NDArray[np.float64]
    scale: float


@dataclass(frozen=True)
class Pool:
    """Statistics of the unlabelled texts."""

    documents: int
    log_df: NDArray[np.float32]  # (262,144,) log(1 + documents per 1,000 that hold the word)
    widespread: float  # log_df of the 100th commonest word
    word_idf: NDArray[np.float32]  # (262,144,)
    gram_idf: NDArray[np.float32]  # (65,536,)
    knots: NDArray[np.float32]  # (tables, 57, 129)
    table_of: NDArray[np.int32]  # quantile table of each language group
    precision: NDArray[np.float64]  # (57, 57) inverse covariance of the ranks
    novelty_knots: NDArray[np.float64]  # (129,) quantiles of the squared Mahalanobis distance
    prior_mean: float  # of the hand-weighted sum
    prior_sd: float
    radius: float  # mean squared distance between two documents' ranks
    rbf_scale: float
    static: StaticVectors
    blocks: dict[str, Block]  # "signals", "words", "grams", "static", and "encoder" where there is one

    def ranks(self, signals: NDArray[np.float32], groups: NDArray[np.int32]) -> NDArray[np.float32]:
        """Rank-gauss signals, each document compared with its own language where the pool has 60 of it."""
        return ranks(signals, self.table_of[groups], self.knots)

    def novelty(self, ranked: NDArray[np.float32]) -> NDArray[np.float64]:
        """How unusual a document's signals are: normal quantile of its Mahalanobis distance, -2.9..2.9."""
        distance = np.einsum("ij,ij->i", ranked @ self.precision.astype(np.float32), ranked)
        return normal_score(np.interp(distance, self.novelty_knots, np.linspace(0, 1, KNOTS)))

    def prior(self, ranked: NDArray[np.float32]) -> NDArray[np.float64]:
        """The logit before any label: m(x)."""
        standard = (ranked @ HAND_WEIGHTS - self.prior_mean) / self.prior_sd
        prior: NDArray[np.float64] = PRIOR_WEIGHT * standard + NOVELTY_WEIGHT * self.novelty(ranked)
        return prior


@dataclass(frozen=True)
class Features:
    """The parts of documents that a head is fitted on, a row a document."""

    ranked: NDArray[np.float32]
    parts: dict[str, Any]  # dense or sparse matrices by part name


def pool_counts(scan: Scan, grams: Grams, log_df: NDArray[np.float32], widespread: float) -> None:
    """Fill the pool's three counts into scan.counts, as the compiled pass does with the folded table."""
    starts = np.concatenate([np.zeros(1, np.int64), grams.order_ends[:-1]])
    document = np.repeat(np.arange(len(starts)), grams.order_ends - starts)
    values = log_df[grams.order]
    for column, weights in enumerate((values >= np.float32(widespread), values, values < 0.7)):
        scan.counts[:, _POOL.start + column] = np.bincount(document, weights, len(starts))


def presence(buckets: NDArray[np.int32], ends: NDArray[np.int64], size: int) -> csr_matrix:
    """Sparse 0/1 matrix (documents, size) of the buckets each document holds."""
    from scipy.sparse import csr_matrix

    pointer = np.concatenate([np.zeros(1, np.int64), ends])
    return csr_matrix((np.ones(len(buckets)), buckets, pointer), shape=(len(ends), size))


def features(
    pool: Pool,
    scan: Scan,
    words: csr_matrix,
    chars: csr_matrix,
    order: tuple[NDArray[np.int32], NDArray[np.int64]],
    rows: NDArray[np.int64] | None = None,
) -> Features:
    """Features of the documents in `rows` (None: all), their pool counts filled in."""
    wanted: Any = slice(None) if rows is None else rows
    ranked = pool.ranks(scan.signals()[wanted], scan.groups[wanted])
    return Features(
        ranked,
        {
            "signals": ranked.astype(np.float64),
            "words": weigh(words[wanted], pool.word_idf),
            "grams": weigh(chars[wanted], pool.gram_idf),
            "static": pool.static.means(*order, rows),
        },
    )


def weigh(presence: csr_matrix, idf: NDArray[np.float32]) -> csr_matrix:
    """Presence times idf over the root of the number of distinct buckets."""
    from scipy.sparse import csr_matrix

    distinct = np.diff(presence.indptr)
    weights = np.repeat(1 / np.sqrt(np.maximum(distinct, 1)), distinct) * presence.data * idf[presence.indices]
    return csr_matrix((weights, presence.indices, presence.indptr), shape=presence.shape)


def known_features(pool: Pool, scan: Scan, grams: Grams, rows: NDArray[np.int64] | None = None) -> Features:
    """Features of the scanned documents in `rows` (None: all), as `learn_pool` gives them with this pool."""
    pool_counts(scan, grams, pool.log_df, pool.widespread)
    words = presence(grams.words, grams.word_ends, WORD_BUCKETS)
    chars = presence(grams.chars, grams.char_ends, CHARACTER_BUCKETS)
    return features(pool, scan, words, chars, (grams.order, grams.order_ends), rows)


def learn_pool(scan: Scan, grams: Grams, rows: NDArray[np.int64], seed: int) -> tuple[Pool, Features]:
    """Statistics of the documents in `rows`, and the features of every scanned document."""
    words = presence(grams.words, grams.word_ends, WORD_BUCKETS)
    chars = presence(grams.chars, grams.char_ends, CHARACTER_BUCKETS)
    n = len(rows)
    word_df = _single_word_df(grams, rows)
    log_df = (np.rint(np.log1p(word_df / n * 1_000) * LOG_DF_STEPS) / LOG_DF_STEPS).astype(np.float32)
    widespread = float(np.sort(log_df)[-WIDESPREAD])
    pool_counts(scan, grams, log_df, widespread)
    knots, table_of = learn_knots(scan.signals()[rows], scan.groups[rows], len(GROUPS))
    teachers = rows[:SCALE_DOCUMENTS]
    ranked = ranks(scan.signals(), table_of[scan.groups], knots)
    usual = ranked[rows].astype(np.float64)
    inverse = np.linalg.inv(np.atleast_2d(np.cov(usual.T)) + _RIDGE * np.eye(len(NAMES)))
    precision: NDArray[np.float64] = np.array(inverse, np.float64, order="C")
    distances = np.einsum("ij,jk,ik->i", usual, precision, usual)
    hand = usual @ HAND_WEIGHTS
    radius, rbf_scale = _rbf(usual[:1_000])
    order = (grams.order, grams.order_ends)
    static = learn_static(grams, teachers, word_df, seed)
    static = static.emphasised(static.means(*order, teachers), table_of[scan.groups[teachers]])
    pool = Pool(
        documents=n, log_df=log_df, widespread=widespread, word_idf=_idf(words[rows]), gram_idf=_idf(chars[rows]),
        knots=knots, table_of=table_of, precision=precision,
        novelty_knots=np.quantile(distances, np.linspace(0, 1, KNOTS)),
        prior_mean=float(hand.mean()), prior_sd=float(max(hand.std(), 1e-9)), radius=radius, rbf_scale=rbf_scale,
        static=static, blocks={},
    )  # fmt: skip
    made = features(pool, scan, words, chars, order)
    for name, part in made.parts.items():
        pool.blocks[name] = learn_block(part[rows if name == "signals" else teachers])
    return pool, made


def learn_block(part: Any) -> Block:
    """Mean and mean squared distance from it, of a dense or sparse matrix."""
    mean = np.asarray(part.mean(0)).ravel()
    squares = part.multiply(part).sum() if hasattr(part, "multiply") else (part * part).sum()
    return Block(mean, float(max(squares / part.shape[0] - mean @ mean, 1e-12)))


def _idf(presence: csr_matrix) -> NDArray[np.float32]:
    df = np.asarray(presence.sum(0)).ravel()
    return (np.log((1 + presence.shape[0]) / (1 + df)) + 1).astype(np.float32)


def _single_word_df(grams: Grams, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Documents among `rows` that hold each single word's bucket."""
    df = np.zeros(WORD_BUCKETS, np.int64)
    starts = np.concatenate([np.zeros(1, np.int64), grams.order_ends[:-1]])
    for row in rows:
        df[np.unique(grams.order[starts[row] : grams.order_ends[row]])] += 1
    return df


def _rbf(ranked: NDArray[np.float64]) -> tuple[float, float]:
    squares = (ranked * ranked).sum(1)
    distances = np.maximum(squares[:, None] + squares - 2 * ranked @ ranked.T, 0)
    radius = float(max(distances.mean(), 1e-9))
    return radius, float(max(1 - np.exp(-distances / (2 * radius)).mean(), 1e-9))


def sample_rows(names: Sequence[str], size: int, seed: int) -> NDArray[np.int64]:
    """At most `size` row numbers in an order fixed by seed and names, not by the order of the rows."""
    import hashlib

    order = sorted(range(len(names)), key=lambda row: hashlib.sha256(f"{seed}:{names[row]}".encode()).digest())
    return np.array(order[:size], np.int64)
