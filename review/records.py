"""The nouns of the product, as frozen dataclasses. Shares are fractions in 0..1, times are naive UTC datetimes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

ScoreMode = Literal["off", "also", "instead"]  # of a verdict: not asked for, asked for too, asked for in its place


class Verdict(StrEnum):
    """What a reviewer may say of a document."""

    KEEP = "keep"
    UNSURE = "unsure"
    REJECT = "reject"


class Stream(StrEnum):
    """Why a document was drawn. Only audit draws, whose probability is known, may enter a bound or a test set."""

    AUDIT = "audit"
    TRAINING = "training"


class FinalRule(StrEnum):
    """How several people's labels of a document become one verdict; see `review.final`."""

    MAJORITY = "majority"
    UNANIMOUS = "unanimous"
    NEWEST = "newest"
    STRICTEST = "strictest"


class Ruling(StrEnum):
    """What a lead may decide about a shard."""

    APPROVE = "approve"
    REJECT = "reject"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a shard file looked like when it was read.

    `digest` is a sampled content hash, cheap for files of 100 GB; its exact meaning stands in
    `review.corpus.fingerprint`. Two files with equal `bytes` and `digest` count as the same file.
    """

    bytes: int
    mtime_ns: int
    digest: str


@dataclass(frozen=True, slots=True)
class Shard:
    """One file of a corpus, read in place."""

    name: str  # unique in the project, e.g. "web-en/00412.parquet"
    corpus: str
    uri: str  # absolute path or fsspec URL
    format: str  # parquet, jsonl, csv, tsv, arrow, text
    rows: int  # physical rows (lines), documents and refused rows together
    documents: int  # rows that are documents: the frame
    characters: int  # of all documents' texts
    fingerprint: Fingerprint
    columns: tuple[str, ...]
    text_column: str
    id_column: str | None = None
    excluded: tuple[int, ...] = ()  # refused rows, sorted: the frame is range(rows) without them
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file, or a row of one, that could not become a document."""

    uri: str
    row: int | None  # 0-based row or line; None: the whole file
    reason: str  # a stable code, e.g. "empty_text", "not_utf8", "duplicate_id", "broken_file"
    detail: str  # one readable sentence


@dataclass(frozen=True, slots=True)
class Document:
    """One row of one shard. `doc_id` is "<shard name>#<row>"."""

    shard: str
    row: int
    text: str
    content_hash: str  # sha256 of the text's UTF-8 bytes, lone surrogates passed through, hex
    external_id: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def doc_id(self) -> str:
        return doc_id(self.shard, self.row)


@dataclass(frozen=True, slots=True)
class Draw:
    """A document chosen for review, with the probability it had of being chosen."""

    shard: str
    row: int
    stream: Stream
    strategy: str
    probability: float | None  # inclusion probability in 0..1; None where it is unknown (never in the audit stream)
    seed: int
    rank: int  # place in the shard's random order (audit) or in the batch (training); 0-based
    batch: str
    stratum: int | None = None  # of the shard's audit design; None: the draw favours no document
    same_as: int | None = None  # row of an earlier drawn document with the same text, whose label it takes

    @property
    def doc_id(self) -> str:
        return doc_id(self.shard, self.row)


@dataclass(frozen=True, slots=True)
class AuditDesign:
    """How the audit draws of a shard are made where they are no simple random order. Fixed before the first one.

    Draws are with replacement: first a stratum by its chance, then one of its documents, each as likely as another or
    in proportion to its length. `probability` of such a draw is the chance of its document at that one draw.
    """

    shard: str
    unit: str  # documents or tokens: what a draw is uniform over within its stratum
    seed: int
    documents: int  # in the frame
    total: int  # of the unit in the frame: documents, or characters of their texts
    weights: tuple[float, ...]  # of each stratum, see review.certificate.strata
    predicted: tuple[float, ...]
    chances: tuple[float, ...]
    frame: str  # sha256 of every document's stratum and size: the same draws come out again only from the same
    model: str | None = None  # whose scores made the strata; None: one stratum holds all
    auc: float | None = None  # of that model, on audit labels it did not learn from


@dataclass(frozen=True, slots=True)
class AuditPlace:
    """One audit draw in its shard's random order."""

    row: int
    stratum: int | None
    same_as: int | None


@dataclass(frozen=True, slots=True)
class Label:
    """One reviewer's judgement of one document. Append-only: a change of mind is a new label."""

    label_id: str  # made by the client, so that sending twice stores once
    doc_id: str
    content_hash: str  # of the text the reviewer saw
    reviewer: str
    verdict: Verdict | None  # None: the reviewer took the earlier label back (undo)
    reasons: tuple[str, ...] = ()
    note: str = ""
    score: int | None = None  # 0..5
    seconds: float = 0.0  # active seconds on the document
    rubric: int = 1
    shown: Mapping[str, Any] = field(default_factory=dict)  # which part of the text and what beside it was visible
    source: str = "desk"  # desk, import, simulated; bulk: said of a filter's documents at once
    at: datetime | None = None  # stored time, set by the store
    seq: int | None = None  # journal sequence number, set by the store
    mapped: tuple[str, ...] | None = (
        None  # its reasons in today's codes, where a lead has mapped them; set by the store
    )

    @property
    def codes(self) -> tuple[str, ...]:
        """The reasons that count: in the codes of the rubric in force."""
        return self.reasons if self.mapped is None else self.mapped


@dataclass(frozen=True, slots=True)
class Adjudication:
    """A lead's last word on one document. Append-only; the reviewers' labels stay as they are."""

    adjudication_id: str  # made by the client, so that sending twice stores once
    doc_id: str
    content_hash: str  # of the text the lead saw
    verdict: Verdict | None  # None: the lead took the earlier one back
    by: str
    reasons: tuple[str, ...] = ()
    note: str = ""
    rubric: int = 1
    labels: tuple[str, ...] = ()  # ids of the labels that were current when the lead judged
    shown: Mapping[str, Any] = field(default_factory=dict)  # what stood beside the text
    at: datetime | None = None  # stored time, set by the store
    seq: int | None = None  # journal sequence number, set by the store
    mapped: tuple[str, ...] | None = None  # as a label's

    @property
    def codes(self) -> tuple[str, ...]:
        """The reasons that count: in the codes of the rubric in force."""
        return self.reasons if self.mapped is None else self.mapped


@dataclass(frozen=True, slots=True)
class Gold:
    """A document whose answer is known. Append-only: a newer fact on the same document replaces the one before."""

    doc_id: str
    content_hash: str  # of the text the answer is about
    verdict: Verdict | None  # keep or reject; None: the document is gold no more
    by: str
    reasons: tuple[str, ...] = ()
    source: str = "lead"  # lead, adjudicated
    at: datetime | None = None  # stored time, set by the store
    seq: int | None = None  # journal sequence number, set by the store


@dataclass(frozen=True, slots=True)
class Assignment:
    """The documents a reviewer is given: those that satisfy each kind that names anything; by default all."""

    reviewer: str
    corpora: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    shards: tuple[str, ...] = ()  # globs
    by: str = ""
    at: datetime | None = None  # stored time, set by the store
    seq: int | None = None  # journal sequence number, set by the store

    @property
    def everything(self) -> bool:
        return not (self.corpora or self.languages or self.shards)


@dataclass(frozen=True, slots=True)
class LabelledDocument:
    """A document with the labels that count for it now: at most one a reviewer, newest first.

    What they come to is for `review.final` to say, and for nobody else.
    """

    doc_id: str
    shard: str
    row: int
    stream: Stream  # AUDIT when the document has an audit draw, whatever else it has
    rank: int
    probability: float | None  # inclusion probability in 0..1, in all draws of its shard
    labels: tuple[Label, ...]  # empty where a lead's adjudication outlived the labels it was about
    adjudication: Adjudication | None = None  # the one that holds now
    rule: FinalRule = FinalRule.MAJORITY  # of the rubric in force
    checks: tuple[Label, ...] = ()  # labels of blind checks, which count for no verdict; only where asked for
    pick: int = 0  # decides, as it was drawn, whether several people are to judge it: see review.overlap


@dataclass(frozen=True, slots=True)
class Wording:
    """How a verdict reads on the desk. Labels hold the verdict itself, whatever it is called."""

    verdict: Verdict
    name: str  # on its button, e.g. "Keep"
    hint: str = ""  # what it means, in a sentence
    key: str = ""  # the project's, unless [desk.keys] names another; "": the desk's own


WORDINGS = tuple(Wording(verdict, verdict.title()) for verdict in Verdict)


@dataclass(frozen=True, slots=True)
class Rubric:
    """The versioned label schema."""

    version: int
    reasons: tuple[Reason, ...]
    guideline: str
    require_reason: bool = False
    score: ScoreMode = "off"  # whether a 0..5 score is asked for
    keep_from: int = 3  # where the score is asked for in place of a verdict: this score and above mean keep
    final: FinalRule = FinalRule.MAJORITY  # how several labels of a document become one verdict
    examples: tuple[Example, ...] = ()
    verdicts: tuple[Wording, ...] = WORDINGS  # one for each verdict, in their order
    anchors: tuple[str, ...] = ("",) * 6  # what each score from 0 to 5 means; "": it is left to the reader


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason to reject, with its key on the desk."""

    code: str  # stable, e.g. "wrong_language"
    name: str  # as shown, e.g. "wrong language"
    key: str  # one letter


@dataclass(frozen=True, slots=True)
class Example:
    """A text that shows what the guideline means."""

    reason: str  # the code of a reason to reject it for, or "" for one to keep
    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class RubricChoice:
    """What a lead decided that one version of the rubric means for the labels given under the versions before it."""

    version: int  # the version that brought the change
    by: str
    mapping: Mapping[str, str] = field(default_factory=dict)  # a reason of the version before -> one of this version
    every: bool = False  # all labels must be given again
    again: tuple[str, ...] = ()  # reasons whose labels must be given again; "": rejects without a reason
    at: datetime | None = None  # stored time, set by the store
    seq: int | None = None  # journal sequence number, set by the store


@dataclass(frozen=True, slots=True)
class Passage:
    """What became of the labels given under one version of the rubric, after all that was decided since."""

    version: int
    settled: bool  # False: nobody has said yet what some later change means for them, so they certify nothing
    mapping: Mapping[str, str]  # reason then -> reason now, only those that differ
    every: bool  # none of them counts until it is given again
    again: tuple[str, ...]  # reasons whose labels do not count; "": rejects without a reason

    def stands(self, verdict: Verdict, reasons: Sequence[str]) -> bool:
        """Whether such a label of that version counts now."""
        if self.every or not self.settled:
            return False
        return not ("" in self.again if verdict is Verdict.REJECT and not reasons else set(reasons) & set(self.again))


@dataclass(frozen=True, slots=True)
class Plan:
    """Acceptable and unacceptable bad share with the two risks.

    alpha: chance of approving a shard whose bad share is `reject` or more (consumer's risk).
    beta: chance of not approving a shard whose bad share is `accept` or less (producer's risk).
    """

    accept: float  # p0
    reject: float  # p1
    alpha: float = 0.05
    beta: float = 0.05
    method: str = "fixed"
    unit: str = "documents"  # what a bad share counts: documents, or tokens (text by its length)


@dataclass(frozen=True, slots=True)
class Decision:
    """A lead's ruling on a shard, with what it rested on."""

    shard: str
    ruling: Ruling
    reason: str
    by: str
    fingerprint: Fingerprint
    certificate: Mapping[str, Any]  # the certificate as it stood, everything needed to recompute it
    rubric: int
    at: datetime | None = None
    seq: int | None = None
    confirmed_by: str | None = None  # the second person, where two have to sign
    confirmed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Lot:
    """Shards that are certified as one. Which they are follows from no label that counts for the lot."""

    name: str
    key: str  # what its shards agree in: corpus, or a key of their metadata
    value: str
    shards: tuple[str, ...]
    starts: tuple[int, ...]  # of each shard the first ranks, which have no part in it: they had been read
    sizes: tuple[int, ...]  # documents of each shard beyond them
    seed: int
    by: str
    reason: str = ""
    at: datetime | None = None  # stored time, set by the store
    seq: int | None = None  # journal sequence number, set by the store

    @property
    def documents(self) -> int:
        return sum(self.sizes)


def doc_id(shard: str, row: int) -> str:
    """Name of a document: shard name, '#', 0-based row."""
    return f"{shard}#{row}"


def split_doc_id(name: str) -> tuple[str, int]:
    """Shard name and row of a document name. Raises ValueError when it is none."""
    shard, mark, row = name.rpartition("#")
    if not mark or not row.isdigit():
        raise ValueError(f"{name!r} is not a document name; expected '<shard>#<row>'")
    return shard, int(row)
