"""The desk's JavaScript modules and style sheets as the one text each that a component takes.

The files are plain ES modules. Streamlit loads a component from one text, so an entry and everything it imports are
joined in the order of their imports, without the import and export words. Names at the top of a file must therefore
differ between files.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w.]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)
STYLES = ("tokens.css", "frame.css", "text.css", "parts.css")


@cache
def script(entry: str) -> str:
    """An entry module with everything it imports, imported files first."""
    return "\n".join(f"// {name}\n{_EXPORT.sub('', _IMPORT.sub('', _read('js', name)))}" for name in modules(entry))


@cache
def modules(entry: str) -> tuple[str, ...]:
    """File names in the order they must stand: a file after all it imports, the entry last."""
    order: list[str] = []

    def visit(name: str) -> None:
        for needed in _IMPORT.findall(_read("js", name)):
            if needed not in order:
                visit(needed)
        order.append(name)

    visit(entry)
    return tuple(order)


@cache
def style() -> str:
    """The style sheet."""
    return "\n".join(_read("css", name) for name in STYLES)


def _read(folder: str, name: str) -> str:
    return files(__package__).joinpath(folder, name).read_text(encoding="utf-8")
