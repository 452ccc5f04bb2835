"""Out of the desk: releases that verify themselves, and labels as files."""

from review.release.compare import Changed, Comparison, compare_releases
from review.release.formats import FORMATS
from review.release.keep import Keep
from review.release.labels_in import ImportedAdjudication, ImportedLabel, read_labels
from review.release.labels_out import Exported, export_labels, export_waiting
from review.release.manifest import Approved, Place
from review.release.signing import PublicKey, SigningKey, load_public_key, load_signing_key, new_key
from review.release.verify import VerifyReport, read_manifest, verify_release
from review.release.write import WrittenRelease, write_release

__all__ = [
    "FORMATS",
    "Approved",
    "Changed",
    "Comparison",
    "Exported",
    "ImportedAdjudication",
    "ImportedLabel",
    "Keep",
    "Place",
    "PublicKey",
    "SigningKey",
    "VerifyReport",
    "WrittenRelease",
    "compare_releases",
    "export_labels",
    "export_waiting",
    "load_public_key",
    "load_signing_key",
    "new_key",
    "read_labels",
    "read_manifest",
    "verify_release",
    "write_release",
]
