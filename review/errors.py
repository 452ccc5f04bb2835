"""The error family. Every message says what happened, what was got, what is allowed and what to do next.

ReviewError
├── SettingsError       review.toml cannot be read or holds a wrong key or value
├── CorpusError         a shard file cannot be read as documents
├── StoreError          the project's store or journal cannot be used
│   ├── StoreBusy       another process holds the store
│   ├── StoreFull       a write did not reach the disk; nothing was acknowledged
│   ├── StoreKept       a write reached the journal alone; it is there as soon as the disk takes it
│   └── JournalBroken   a journal line is torn or does not match its hash
├── NotFound            a named shard, document, model or release does not exist
├── RefusedLabel        a label cannot be stored as it is; the reviewer decides what to do with it
├── PlanError           a plan's numbers cannot be met
├── NotEnoughLabels     too few labels for what was asked
├── ModelError          a model cannot be trained, loaded or promoted
└── ReleaseError        a release cannot be made or read

The UI and the CLI show a ReviewError as it stands; every other exception is a bug.
"""


class ReviewError(Exception):
    """Something the user can understand and mend."""


class SettingsError(ReviewError):
    """review.toml cannot be read or holds a wrong key or value."""


class CorpusError(ReviewError):
    """A shard file cannot be read as documents."""


class StoreError(ReviewError):
    """The project's store or journal cannot be used."""


class StoreBusy(StoreError):
    """Another process holds the store: `held` says which, `app` at which address it runs the app, None: it does not."""

    def __init__(self, held: str, *, next_step: str, app: str | None = None) -> None:
        super().__init__(f"{held} {next_step}")
        self.held = held
        self.app = app


class StoreFull(StoreError):
    """A write did not reach the disk; nothing was acknowledged."""


class StoreKept(StoreError):
    """A write reached the journal but not the tables. Sent again, a decision would be there twice."""


class JournalBroken(StoreError):
    """A journal line is torn or does not match its hash."""


class NotFound(ReviewError):
    """A named shard, document, model or release does not exist."""


class RefusedLabel(ReviewError):
    """A label cannot be stored as it is; the reviewer decides what to do with it."""


class PlanError(ReviewError):
    """A plan's numbers cannot be met."""


class NotEnoughLabels(ReviewError):
    """Too few labels for what was asked."""


class ModelError(ReviewError):
    """A model cannot be trained, loaded or promoted."""


class ReleaseError(ReviewError):
    """A release cannot be made or read."""
