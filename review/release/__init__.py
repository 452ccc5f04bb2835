"""Out of the desk: releases that verify themselves, and labels as files."""

from review.release.formats import FORMATS
from review.release.manifest import Approved
from review.release.verify import VerifyReport, verify_release
from review.release.write import WrittenRelease, write_release

__all__ = ["FORMATS", "Approved", "VerifyReport", "WrittenRelease", "verify_release", "write_release"]
