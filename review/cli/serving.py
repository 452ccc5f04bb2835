"""serve, demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from review.cli.options import HERE, ProjectDir
from review.cli.output import say


def register(app: typer.Typer) -> None:
    for command in (serve, demo):
        app.command()(command)


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; only this machine's own (loopback).")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free port.")] = 8501,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
    project: ProjectDir = HERE,
) -> None:
    """Start the app on this project."""
    from review.settings import load_settings
    from review.ui.serve import serve as start

    load_settings(project)  # a wrong setting is told here, not in the browser
    start(project, host=host, port=port, open_browser=browser)


def demo(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]")] = Path("demo"),
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free port.")] = 0,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
    start: Annotated[bool, typer.Option(help="Start the app; --no-start only makes the project.")] = True,
) -> None:
    """Make a project from the sample corpus, with a simulated history, and start the app on it."""
    from review.demo import UNFINISHED, is_whole, make_demo

    if is_whole(folder):
        say(f"{folder} is there already and is used as it is.")
    else:
        again = " anew: the last time it was interrupted" if (folder / UNFINISHED).exists() else ""
        say(f"Making a demo project in {folder}{again} ...")
        make_demo(folder)
    if start:
        from review.ui.serve import serve as begin

        begin(folder, host="127.0.0.1", port=port, open_browser=browser)
