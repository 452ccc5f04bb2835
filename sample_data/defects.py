"""What goes wrong with crawled text: each defect takes a sound document and spoils it, or writes a spoilt one.

A defect returns the text; `DEFECTS` gives for each its reason code, the one a reviewer should find.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from grammar import Dice, Grammar


@dataclass(frozen=True)
class Source:
    """What a defect may draw on: a sound text, its language, and ways to get more."""

    text: str
    language: str
    bad: Grammar  # the grammar of refusable texts in this language
    other: Callable[[], str]  # a sound text in another language
    dice: Dice


def truncated(source: Source) -> str:
    """The page's teaser: the text stops inside a word."""
    text = source.text
    end = int(len(text) * (0.15 + 0.3 * source.dice.share()))
    while end < len(text) - 1 and not (text[end - 1].isalpha() and text[end].isalpha()):
        end += 1
    more = {
        "en": ["", " [...]", "...\n\nSubscribe to continue reading", "… Read more"],
        "de": ["", " [...]", "...\n\nJetzt weiterlesen mit Abo", "… mehr"],
        "es": ["", " [...]", "...\n\nSuscríbase para seguir leyendo", "… Leer más"],
        "ar": ["", " [...]", "… اقرأ المزيد"],
    }[source.language]
    return text[:end] + source.dice.pick(more)


def headless(source: Source) -> str:
    """Extraction began late and ended early: both edges are torn."""
    text = source.text
    start = int(len(text) * (0.3 + 0.2 * source.dice.share()))
    end = start + int(len(text) * 0.3)
    return text[start:end]


OCR = {
    "m": "rn", "rn": "m", "l": "1", "e": "c", "h": "b", "o": "0", "i": "|", "u": "ii", "w": "vv", "cl": "d", "S": "5",
    "B": "8", "t": "f", "g": "q", "ä": "a", "ü": "ii", "ñ": "n", "á": "a", "T": "'I'", "a": "@", "H": "l-l", ".": " ,",
}  # fmt: skip


def ocr(source: Source) -> str:
    """A bad scan: look-alike letters, torn words, hyphens left at line ends, a stray page head."""
    dice, out = source.dice, []
    for word in source.text.split(" "):
        if dice.share() < 0.42:
            for right, wrong in dice.shuffled(list(OCR.items())):
                if right in word:
                    word = word.replace(right, wrong, 1 + int(dice.share() < 0.4))
                    break
        if len(word) > 6 and dice.share() < 0.14:
            cut = dice.number(2, len(word) - 2)
            word = word[:cut] + dice.pick(["-\n", " ", "- "]) + word[cut:]
        out.append(word)
    text = " ".join(out)
    middle = text.find(" ", len(text) // 2)
    return f"{text[:middle]}\n~ {dice.number(12, 380)} ·:.\n{text[middle:]}"


def sloppy_cp1252(data: bytes) -> str:
    """Bytes read as Windows-1252, the five bytes it leaves out as control characters: what browsers do."""
    return "".join(
        bytes([byte]).decode("cp1252") if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else chr(byte) for byte in data
    )


def mojibake(source: Source) -> str:
    """UTF-8 read as Windows-1252, once or twice."""
    text = typographic(source.text) if source.language == "en" else source.text
    for _ in range(1 if source.dice.share() < 0.6 else 2):
        text = sloppy_cp1252(text.encode())
    return text


def typographic(text: str) -> str:
    """Plain text with the quotes and dashes of a word processor."""
    out, open_quote = [], True
    for place, letter in enumerate(text):
        if letter == '"':
            out.append("“" if open_quote else "”")
            open_quote = not open_quote
        elif letter == "'":
            out.append("’" if place and text[place - 1].isalnum() else "‘")
        else:
            out.append(letter)
    return "".join(out).replace(" - ", " – ").replace("...", "…")


def glued(source: Source) -> str:
    """Two columns read straight across, with spaces lost at the seams."""
    words = source.text.split()
    lines = [" ".join(words[start : start + 6]) for start in range(0, len(words), 6)]
    half = (len(lines) + 1) // 2
    left, right = lines[:half], [*lines[half:], ""]
    return "\n".join(a + b for a, b in zip(left, right, strict=False))


def repeats(source: Source) -> str:
    """One paragraph over and over, as an endless page gives."""
    parts = [part for part in source.text.split("\n\n") if len(part) > 60] or [source.text]
    part = source.dice.pick(parts)
    return "\n\n".join([parts[0]] + [part] * source.dice.number(6, 14))


def mirror(source: Source) -> str:
    """A copy of another document, with the mirror's own lines around it and small changes."""
    dice = source.dice
    head = {
        "en": "Cached copy from {site} - this is a mirror, the original may have changed\n{number} copies found",
        "de": "Kopie von {site} - dies ist ein Spiegel, das Original kann abweichen\n{number} Kopien",
        "es": "Copia en caché de {site}: esto es un duplicado, el original puede haber cambiado\n{number} copias",
        "ar": "نسخة مخزنة من {site}، وقد يكون الأصل قد تغير\n{number} نسخ",
    }[source.language]
    site = dice.pick(["archive-mirror.example", "copyweb.example", "textcache.example"])
    text = source.text.replace(", ", " , ", 2).replace(".\n", ".  \n", 1)
    return f"{head.format(site=site, number=dice.number(3, 19))}\n\n{text}"


def salad(source: Source) -> str:
    """Words of a sound text in no order: what a broken generator or a spinner leaves."""
    dice = source.dice
    words = [word.strip('.,;:!?"„“«»()') for word in source.text.split()]
    words = [word for word in dice.shuffled(words) if word]
    sentences = []
    while words:
        size = dice.number(5, 16)
        sentence, words = words[:size], words[size:]
        sentences.append(" ".join(sentence)[:1].upper() + " ".join(sentence)[1:] + ".")
    return " ".join(sentences)


def wrong_language(source: Source) -> str:
    return source.other()


def code_dump(source: Source) -> str:
    """A minified script that the extractor took for text."""
    dice, names = source.dice, "abcdefghijklmnopqrstuvwxyz"
    parts = []
    for _ in range(dice.number(35, 90)):
        a, b, c = dice.pick(names), dice.pick(names), dice.pick(names)
        number = dice.number(0, 999)
        parts.append(
            dice.pick([
                f"function {a}{b}({c}){{return {c}?{c}.{a}({number}):null}}",
                f"var {a}={b}||{{}};{a}.{c}=!0",
                f"if(!{a}.{b})for(var {c}=0;{c}<{a}.length;{c}++){b}({a}[{c}],{number})",
                f'document.getElementById("{a}{number}").className+=" {b}"',
                f"{a}=>{{try{{{b}({c})}}catch({a}){{console.error({a})}}}}",
                f'.{a}{number}{{margin:0 {number % 40}px;color:#{number:03x}{number:03x};background:url("{b}.png")}}',
            ])
        )  # fmt: skip
    return ";".join(parts)


def log_dump(source: Source) -> str:
    """A server's log or a table's export instead of a page."""
    dice = source.dice
    lines = []
    for _ in range(dice.number(18, 50)):
        stamp = f"2024-{dice.number(1, 12):02}-{dice.number(1, 28):02} {dice.number(0, 23):02}:{dice.number(0, 59):02}"
        lines.append(
            dice.pick([
                f"{stamp} INFO  worker-{dice.number(1, 9)} job={dice.number(1000, 99999)} took {dice.number(2, 900)}ms",
                f"{stamp} WARN  pool exhausted ({dice.number(1, 64)}/64), retry in {dice.number(1, 30)}s",
                f"{stamp} ERROR timeout after {dice.number(1000, 30000)}ms at Handler.run({dice.number(10, 900)})",
                f"{dice.number(1, 9999)};{dice.number(0, 99)},{dice.number(0, 99)};{dice.number(0, 1)};NULL;{stamp}",
            ])
        )  # fmt: skip
    return "\n".join(lines)


def json_dump(source: Source) -> str:
    """The data of a page's widget instead of the page."""
    dice = source.dice
    items = [
        {"id": dice.number(1000, 99999), "pos": [dice.number(0, 999), dice.number(0, 999)], "vis": dice.share() < 0.5}
        for _ in range(dice.number(20, 60))
    ]
    return json.dumps({"widget": "carousel", "v": dice.number(1, 9), "items": items}, separators=(",", ":"))


def written(rule: str) -> Callable[[Source], str]:
    """A spoilt document from the grammar of refusable texts."""

    def write(source: Source) -> str:
        return source.bad.write(source.dice, rule)

    return write


def buried(source: Source) -> str:
    """A page of menus with one sentence of the article left in it."""
    sentence = source.text.split("\n\n")[min(1, source.text.count("\n\n"))].split(". ")[0]
    page = source.bad.write(source.dice, "menu").split("\n\n")
    return "\n\n".join([page[0], *page[1:-1], sentence[:90].rsplit(" ", 1)[0] + " ...", page[-1]])


# name: (reason code, how, languages it can be written in)
ALL = ("en", "de", "es", "ar")
WRITTEN = ("en", "de", "es")
DEFECTS: dict[str, tuple[str, Callable[[Source], str], tuple[str, ...]]] = {
    "menu": ("boilerplate", written("menu"), WRITTEN),
    "buried": ("boilerplate", buried, WRITTEN),
    "seo": ("spam", written("seo"), WRITTEN),
    "casino": ("spam", written("casino"), ("en",)),
    "adult": ("adult", written("adult"), ("en",)),
    "filler": ("machine_made", written("filler"), WRITTEN),
    "template": ("machine_made", written("template"), ("en",)),
    "people": ("personal_data", written("people"), WRITTEN),
    "toxic": ("toxic", written("toxic"), ("en",)),
    "under": ("low_information", written("under"), WRITTEN),
    "calendar": ("low_information", written("calendar"), ("en",)),
    "code_dump": ("low_information", code_dump, WRITTEN),
    "log_dump": ("low_information", log_dump, WRITTEN),
    "json_dump": ("low_information", json_dump, WRITTEN),
    "truncated": ("truncated", truncated, ALL),
    "headless": ("truncated", headless, ALL),
    "ocr": ("extraction_damage", ocr, WRITTEN),
    "mojibake": ("extraction_damage", mojibake, ALL),
    "glued": ("extraction_damage", glued, WRITTEN),
    "repeats": ("duplicate", repeats, ALL),
    "mirror": ("duplicate", mirror, ALL),
    "salad": ("incoherent", salad, ALL),
    "wrong_language": ("wrong_language", wrong_language, WRITTEN),
}
