"""The command line: `review …` or `python -m review …`.

Exit codes: 0 fine; 1 the answer is no (verify failed, gate refused, check found something); 2 wrong use or bad input.
"""

from __future__ import annotations

import os
import sys

import typer

from review import __version__
from review.cli import (
    adjudicating,
    agreeing,
    bulk,
    corpus,
    decisions,
    labels,
    lots,
    models,
    options,
    people,
    releases,
    rubrics,
    serving,
)
from review.cli.in_app import instead
from review.cli.output import warn
from review.errors import ReviewError, StoreBusy

app = typer.Typer(
    name="review",
    help="Decide which documents may train a language model: draw, label, certify, approve, retrain.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"review {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version."),
) -> None:
    pass


for _module in (corpus, decisions, lots, releases, agreeing, adjudicating, rubrics, bulk, models, people, serving):
    _module.register(app)
app.add_typer(labels.app, name="labels")


def main() -> None:
    """Run a command; a ReviewError becomes one message and exit code 2, a closed pipe ends quietly.

    A project that the app has open is not written behind its back: the message says where the app does the same.
    """
    options.own_process = True
    try:
        app()
    except StoreBusy as error:
        told = f"{error}" if error.app is None else f"{error.held} {instead(sys.argv[1:])}"
        warn(f"Error: {told}")
        sys.exit(2)
    except ReviewError as error:
        warn(f"Error: {error}")
        sys.exit(2)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:
        warn("Stopped.")
        sys.exit(130)
