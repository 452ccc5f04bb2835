"""release, verify, compare, key new."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from review.cli.options import HERE, By, Json, ProjectDir, opened, person
from review.cli.output import counted, say, say_json

keys = typer.Typer(help="Keys that releases are signed with.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    for command in (release, verify, compare):
        app.command()(command)
    app.add_typer(keys, name="key")


def release(
    name: Annotated[str, typer.Argument(help="A new release's name.")],
    format: Annotated[str, typer.Option(help="Which pipeline reads the list.")] = "paths",
    key: Annotated[Path | None, typer.Option(help="Sign with this private key; see `review key new`.")] = None,
    keep_above: Annotated[
        float | None, typer.Option(min=0, max=1, help="Also list the documents scored at or above this.")
    ] = None,
    compare: Annotated[str | None, typer.Option(help="Also say what changed since this release.")] = None,
    risk: Annotated[
        str | None,
        typer.Option(help="What the list promises: shard, fdr or family.", show_default="[release] risk"),
    ] = None,
    project: ProjectDir = HERE,
    by: By = None,
    json: Json = False,
) -> None:
    """Write the approved shard list and its manifest."""
    from review import workflow
    from review.release import load_signing_key
    from review.workflow.releasing import manifest_at

    signing = load_signing_key(key) if key else None
    if compare is not None:
        compare = str(manifest_at(project, Path(compare)).resolve(strict=False))
    with opened(project) as opened_project:
        made = workflow.release(
            opened_project, name, by=person(by), fmt=format, key=signing, keep=keep_above, risk=risk
        )
    changes = workflow.compare_to(project, Path(compare), made.path) if compare else None
    if json:
        say_json({**_fields(made), "compared": changes} if changes else made)
        return
    say(f"Released {made.shards} shards in {made.path}")
    say(str(made.manifest["risk"]["sentence"]))
    for file in made.files:
        say(f"  {file}")
    if listed := made.manifest["keep"]:
        proven = listed["guarantee"] or "Nothing is proven about this threshold."
        say(f"{listed['documents']:,} documents score {listed['threshold']:g} or more by {listed['model']}. {proven}")
    for shard, why in made.left_out.items():
        say(f"Left out {shard}: {why}")
    for line in changes.sentences() if changes else ():
        say(line)


def verify(
    manifest: Annotated[
        Path | None, typer.Argument(help="A manifest.json or a release's name.", show_default="the newest release")
    ] = None,
    public_key: Annotated[Path | None, typer.Option(help="The signature must be this key's (.pub file).")] = None,
    map: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="OLD=NEW", help="Where files are now: paths that begin with OLD."),
    ] = None,
    journal: Annotated[
        Path | None, typer.Option(help="Follow every certificate to its labels here.", show_default="the project's")
    ] = None,
    project: ProjectDir = HERE,
    json: Json = False,
) -> None:
    """Check that every released file still is what was approved, offline, on any machine. Exit code 1 when not.

    Where the project's journal is at hand every certificate is followed to the labels it rests on.
    """
    from review import workflow
    from review.release import load_public_key

    moved = dict(_pair(one) for one in map or ())
    key = load_public_key(public_key) if public_key else None
    report = workflow.verify(project, manifest, moved=moved, key=key, journal=journal)
    if json:
        say_json(report)
    else:
        for problem in report.problems:
            say(problem)
        if report.signed:
            say(f"Signed by key {report.signed[:16]}.")
        if report.journalled is not None:
            say(f"{report.journalled} certificates follow from the journal.")
        found = "all as approved." if report.ok else f"{counted(len(report.problems), 'problem')}."
        say(f"{report.checked} shards checked: {found}")
    raise typer.Exit(0 if report.ok else 1)


def compare(
    before: Annotated[Path, typer.Argument(help="A release's name, folder or manifest.json.")],
    after: Annotated[Path | None, typer.Argument(help="Another one.", show_default="the newest release")] = None,
    project: ProjectDir = HERE,
    json: Json = False,
) -> None:
    """What changed from one release to another. Exit code 1 when they differ."""
    from review import workflow

    found = workflow.compare_to(project, before, after)
    if json:
        say_json(found)
    else:
        for line in found.sentences():
            say(line)
    raise typer.Exit(0 if found.equal else 1)


@keys.command("new")
def new(file: Annotated[Path, typer.Argument(help="Where the private key goes; .pub is put beside it.")]) -> None:
    """Make an Ed25519 key pair. Keep the private file to yourself, and hand out the .pub file."""
    from review.release import new_key

    public = new_key(file)
    say(f"Wrote {file}, which signs, and {file}.pub, which verifies. Key {public.fingerprint[:16]}.")


def _pair(text: str) -> tuple[str, str]:
    old, mark, new = text.partition("=")
    if not mark or not old or not new:
        raise typer.BadParameter(f"{text!r} is not OLD=NEW, for example /data=/mnt/copy", param_hint="--map")
    return old.rstrip("/") or "/", new.rstrip("/") or "/"


def _fields(value: object) -> dict[str, object]:
    import dataclasses

    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}  # type: ignore[arg-type]
