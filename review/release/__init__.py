"""Out of the desk: releases that verify themselves, and labels as files."""

from review.release.formats import FORMATS
from review.release.labels_in import ImportedAdjudication, ImportedLabel, read_labels
from review.release.labels_out import Exported, export_labels, export_waiting
from review.release.manifest import Approved
from review.release.verify import VerifyReport, verify_release
from review.release.write import WrittenRelease, write_release

__all__ = [
    "FORMATS",
    "Approved",
    "Exported",
    "ImportedAdjudication",
    "ImportedLabel",
    "VerifyReport",
    "WrittenRelease",
    "export_labels",
    "export_waiting",
    "read_labels",
    "verify_release",
    "write_release",
]
