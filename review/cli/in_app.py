"""Where the app does what a command does: a command cannot open a project that the app has open, the app can do it."""

from __future__ import annotations

from collections.abc import Sequence

# Command -> page and what to do there. Commands that are not here are the command line's alone, or start things.
IN_APP = {
    "ingest": "Overview: Add shard files",
    "draw": "Overview: draw for the audit; or Classifier: Draw them, for training",
    "status": "Overview",
    "shards": "Shards",
    "plan": "Plan",
    "agreement": "Agreement",
    "adjudicate": "Adjudicate",
    "rubric": "Rubric",
    "team": "Team",
    "leases": "Team: choose the person, then Release",
    "assign": "Team: choose the person, then Assign",
    "gold list": "Team, under Gold",
    "gold adjudicated": "Team, under Gold: Make gold",
    "bulk": "Classifier: Label many training documents at once",
    "certify": "Shards: Open",
    "decide": "Shards: choose shards, then Approve, Reject or Hold",
    "confirm": "Shards: Confirm",
    "lots": "Shards: Lots",
    "release": "Releases: Release",
    "verify": "Releases: Verify",
    "compare": "Releases: What changed",
    "train": "Classifier: Train",
    "models": "Classifier",
    "card": "Classifier",
    "promote": "Classifier: Promote",
    "rollback": "Classifier: Go back",
    "score": "Classifier: Score the shards",
}


def instead(typed: Sequence[str]) -> str:
    """What to do while the app has the project open, in place of the command `typed` after `review`."""
    place = IN_APP.get(" ".join(typed[:2])) or IN_APP.get(" ".join(typed[:1]))
    if place is None:
        return "Stop the app with Ctrl+C, run this again, then start the app with `review serve`."
    return f"Do it there, on the page {place}. Or stop the app with Ctrl+C and run this again."
