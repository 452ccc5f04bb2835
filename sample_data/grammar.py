"""A small text grammar: rules of alternatives, expanded into one document at a time.

A grammar file holds rules. A rule begins with `== name`; each further line is one alternative; `#` begins a comment.
Inside an alternative:

    {a|b|}            one of the parts, at random; may be nested
    {a|b} {&c|d}      the second follows the first: a with c, b with d
    <name>            the variable `name` if it is bound, else one alternative of the rule `name`
    <x=name>          the same, remembered as the variable x; <!x=name> remembers and writes nothing
    <x.1>             field 1 of a variable whose alternative was written `field 0 ~ field 1 ~ ...`
    <^x>              with a capital first letter
    <steps-$x.1 3-5>  several different alternatives (`all`: every one in file order); $x.1 stands inside a rule's name;
                      words after the count: seq (file order), line, para, num (numbered lines), item (dashed lines),
                      prose (paragraphs of two to four), again (alternatives may repeat)
    <#3-9> <#x=3-9>   a number, `/5` after it for a step
    a(n) ...          the English article
    ¶ and ⏎           a paragraph break and a line break
    ⇥ ‹ › ⦃ ⦄         four spaces, and the characters < > { } themselves

Alternatives are dealt from a shuffled bag that outlives the document, so each is used once before any is used twice,
and never twice in one document while another is left.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

SEPARATORS = {"line": "\n", "para": "\n\n"}
ARTICLE = re.compile(r"\b([Aa])\(n\) (?=(\W*\w))")
LITERALS = str.maketrans({"⇥": "    ", "‹": "<", "›": ">", "⦃": "{", "⦄": "}"})
VARIABLE = re.compile(r"\$([a-z0-9]+)(?:\.(\d))?")


class Dice:
    """Seeded choices built on `random()` alone, whose sequence Python keeps stable between versions."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed).random

    def share(self) -> float:
        return self._random()

    def number(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self._random() * (high - low + 1))

    def pick(self, items: Sequence[T]) -> T:
        return items[self.number(0, len(items) - 1)]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        deck = list(items)
        for last in range(len(deck) - 1, 0, -1):
            other = self.number(0, last)
            deck[last], deck[other] = deck[other], deck[last]
        return deck


def read_rules(*paths: Path) -> dict[str, list[str]]:
    """Rules of grammar files; a later file adds to an earlier one. Raises ValueError naming file and line."""
    rules: dict[str, list[str]] = {}
    for path in paths:
        current: list[str] | None = None
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.startswith("== "):
                name = line[3:].strip()
                if name in rules:
                    raise ValueError(f"{path.name}, line {number}: rule {name!r} stands twice")
                current = rules[name] = []
            elif line.strip() and not line.startswith("# "):
                if current is None:
                    raise ValueError(f"{path.name}, line {number}: text before the first rule: {line!r}")
                current.append(line.strip())
    return rules


class Grammar:
    """Rules, and the bags their alternatives are dealt from."""

    def __init__(self, rules: dict[str, list[str]], name: str) -> None:
        self.rules = rules
        self.name = name
        self.bags: dict[str, list[int]] = {}

    def write(self, dice: Dice, start: str = "doc", **variables: str) -> str:
        """One text from the rule `start`. Raises ValueError for a rule that does not exist."""
        text = _Writing(self, dice, variables).alternative(start)
        text = text.replace("¶", "\n\n").replace("⏎", "\n")
        text = ARTICLE.sub(lambda m: m[1] + ("n " if m[2][-1] in "aeiouAEIOU8" else " "), text)
        text = re.sub(r" +", " ", text)
        text = re.sub(r" ([,.;:!?])(?=\s|$)", r"\1", text)
        text = re.sub(r" ?\n ?", "\n", text)
        text = re.sub(r"\n{3,}", "\n\n", text)
        return text.translate(LITERALS).strip("\n ")


class _Writing:
    """The expansion of one document."""

    def __init__(self, grammar: Grammar, dice: Dice, variables: dict[str, str]) -> None:
        self.grammar = grammar
        self.dice = dice
        self.variables = {name: value.split(" ~ ") for name, value in variables.items()}
        self.used: dict[str, set[int]] = {}

    def deal(self, rule: str) -> int:
        """Number of an alternative of `rule` that this document has not used, the bag permitting."""
        alternatives = self.grammar.rules.get(rule)
        if not alternatives:
            raise ValueError(f"grammar {self.grammar.name}: there is no rule {rule!r}")
        used = self.used.setdefault(rule, set())
        if len(used) == len(alternatives):
            used.clear()
        bag = self.grammar.bags.setdefault(rule, [])
        fresh = [index for index in bag if index not in used]
        if not fresh:
            missing = [index for index in range(len(alternatives)) if index not in bag]
            bag.extend(self.dice.shuffled(missing))
            fresh = [index for index in bag if index not in used]
        bag.remove(fresh[0])
        used.add(fresh[0])
        return fresh[0]

    def alternative(self, rule: str) -> str:
        chosen = self.deal(rule)
        return self.expand(self.grammar.rules[rule][chosen])

    def expand(self, text: str) -> str:
        """Text with its braces and angle brackets replaced, left to right."""
        out: list[str] = []
        at = chosen = 0
        while at < len(text):
            if text[at] == "{":
                end = _closing(text, at, "{", "}")
                inside = text[at + 1 : end]
                parts = _parts(inside.removeprefix("&"))
                chosen = chosen if inside.startswith("&") else self.dice.number(0, len(parts) - 1)
                out.append(self.expand(parts[chosen]))
                at = end + 1
            elif text[at] == "<":
                end = text.index(">", at)
                out.append(self.reference(text[at + 1 : end]))
                at = end + 1
            else:
                out.append(text[at])
                at += 1
        return "".join(out)

    def reference(self, body: str) -> str:
        body = VARIABLE.sub(lambda m: self.variables[m[1]][int(m[2] or 0)], body)
        silent, body = body.startswith("!"), body.removeprefix("!")
        capital, body = body.startswith("^"), body.removeprefix("^")
        head, *words = body.split()
        number, head = head.startswith("#"), head.removeprefix("#")
        name, bind, rule = head.rpartition("=")
        if number:
            value = self.number(rule)
        elif words:
            value = self.several(rule, words)
        else:
            value = self.value(rule)
        if bind:
            self.variables[name] = value.split(" ~ ")
        value = value.split(" ~ ")[0]
        return "" if silent else (value[:1].upper() + value[1:] if capital else value)

    def value(self, name: str) -> str:
        stem, dot, field = name.rpartition(".")
        if dot and stem in self.variables:
            return self.variables[stem][int(field)]
        if name in self.variables:
            return " ~ ".join(self.variables[name])
        return self.alternative(name)

    def number(self, text: str) -> str:
        if text in self.variables:
            return self.variables[text][0]
        span, _, step = text.partition("/")
        low, high = (int(part) for part in span.split("-"))
        every = int(step or 1)
        value = str(low + every * self.dice.number(0, (high - low) // every))
        return value.zfill(len(span.partition("-")[0]))  # <#02-34> ends a year, <#2-34> counts

    def several(self, rule: str, words: list[str]) -> str:
        count, *modes = words
        total = len(self.grammar.rules.get(rule, ()))
        if count == "all":
            wanted = total
        else:
            low, _, high = count.partition("-")
            wanted = self.dice.number(int(low), int(high or low))
            if "again" not in modes:
                wanted = min(wanted, total)
        chosen = [self.deal(rule) for _ in range(wanted)]
        if "seq" in modes or count == "all":
            chosen.sort()
        texts = [self.expand(self.grammar.rules[rule][index]) for index in chosen]
        return self.joined(texts, modes)

    def joined(self, texts: list[str], modes: list[str]) -> str:
        if "num" in modes:
            return "\n".join(f"{number}. {text}" for number, text in enumerate(texts, 1))
        if "item" in modes:
            return "\n".join(f"- {text}" for text in texts)
        if "prose" in modes:
            paragraphs, at = [], 0
            while at < len(texts):
                size = self.dice.number(2, 4)
                paragraphs.append(" ".join(texts[at : at + size]))
                at += size
            return "\n\n".join(paragraphs)
        separator = next((SEPARATORS[mode] for mode in modes if mode in SEPARATORS), " ")
        return separator.join(texts)


def _closing(text: str, start: int, opening: str, closing: str) -> int:
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] == opening) - (text[at] == closing)
        if depth == 0:
            return at
    raise ValueError(f"no closing {closing!r} in {text!r}")


def _parts(text: str) -> list[str]:
    """`text` cut at the bars that stand in no inner braces."""
    parts, depth = [""], 0
    for letter in text:
        if letter == "|" and depth == 0:
            parts.append("")
        else:
            depth += (letter == "{") - (letter == "}")
            parts[-1] += letter
    return parts
