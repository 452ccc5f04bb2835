"""Which shards there are: how many documents, of which kinds, and what is wrong with how many of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class ShardPlan:
    """One shard file. `good` maps "language/genre" to a weight; `bad` maps a defect to a number of documents."""

    name: str
    documents: int
    good: dict[str, int]
    bad: dict[str, int]
    begin: date  # first day of the crawl
    collections: int = 0  # of the good documents, how many gather several pieces (400 to 1,400 words)
    books: int = 0  # and how many are very long (5,000 words and more)

    @property
    def spoilt(self) -> int:
        return sum(self.bad.values())


WEB_EN = {"en/news": 8, "en/howto": 4, "en/recipes": 5, "en/letters": 6, "en/stories": 4, "en/explainers": 5,
          "en/minutes": 4}  # fmt: skip
WEB_DE = {"de/news": 6, "de/howto": 4, "de/recipes": 4, "de/letters": 6, "de/minutes": 4, "de/notes": 2}
WEB_ES = {"es/news": 6, "es/howto": 4, "es/recipes": 4, "es/letters": 6, "es/minutes": 4, "es/notes": 2}
WIKI = {"en/notes": 9, "en/explainers": 2, "de/notes": 5, "es/notes": 5, "ar/notes": 3}
FORUM = {"en/forum": 9, "en/codedoc": 3}
SHOP = {"en/products": 8, "en/howto": 1}

SHARDS = (
    ShardPlan("wiki/00.parquet", 230, WIKI, {}, date(2024, 2, 5), collections=12, books=1),
    ShardPlan("web-en/00.parquet", 220, WEB_EN, {"truncated": 1}, date(2024, 3, 4), collections=14, books=2),
    ShardPlan(
        "web-en/01.parquet", 180, WEB_EN,
        {"menu": 2, "seo": 1, "truncated": 2, "filler": 1, "mirror": 1}, date(2024, 5, 13), collections=10, books=1,
    ),
    ShardPlan(
        "web-en/02.parquet", 160, WEB_EN,
        {"seo": 8, "menu": 6, "buried": 4, "filler": 9, "truncated": 4, "casino": 3, "adult": 2, "mirror": 3,
         "repeats": 2, "template": 1, "salad": 2, "people": 1},
        date(2024, 9, 2), collections=4,
    ),
    ShardPlan("web-de/00.parquet", 170, WEB_DE, {"mojibake": 1}, date(2024, 4, 8), collections=10, books=1),
    ShardPlan(
        "web-de/01.jsonl.gz", 150, WEB_DE,
        {"mojibake": 3, "menu": 2, "wrong_language": 1, "truncated": 2, "seo": 1}, date(2024, 6, 17), collections=6,
    ),
    ShardPlan(
        "web-es/00.parquet", 170, WEB_ES,
        {"truncated": 1, "menu": 1, "mirror": 1, "ocr": 1}, date(2024, 4, 22), collections=10, books=1,
    ),
    ShardPlan(
        "web-es/01.jsonl.gz", 140, WEB_ES,
        {"seo": 5, "filler": 5, "wrong_language": 4, "menu": 3, "mojibake": 3, "people": 1, "mirror": 2, "repeats": 1},
        date(2024, 7, 29), collections=3,
    ),
    ShardPlan(
        "wiki/01.parquet", 150, WIKI,
        {"ocr": 3, "truncated": 2, "headless": 1, "mojibake": 2}, date(2024, 8, 12), collections=6,
    ),
    ShardPlan(
        "forum/00.jsonl.gz", 180, FORUM, {"toxic": 2, "people": 1, "log_dump": 1, "seo": 1}, date(2024, 3, 25),
        collections=10, books=1,
    ),
    ShardPlan(
        "forum/01.jsonl.gz", 140, FORUM,
        {"adult": 6, "casino": 8, "toxic": 7, "people": 4, "salad": 4, "code_dump": 3, "log_dump": 3, "seo": 5,
         "under": 2, "truncated": 2, "repeats": 2},
        date(2024, 10, 7), collections=3,
    ),
    ShardPlan(
        "shop/00.jsonl.gz", 120, SHOP,
        {"seo": 11, "menu": 9, "buried": 5, "filler": 5, "template": 3, "under": 3, "calendar": 1, "json_dump": 2,
         "code_dump": 2, "repeats": 2, "glued": 2},
        date(2024, 11, 4),
    ),
)  # fmt: skip

# Where documents say they come from. Every host ends in .example, which nobody can register.
SITES = {
    "en/news": ("saltcote-post.example", "valley-observer.example", "dunmere-times.example"),
    "en/howto": ("mend-and-make.example", "handypages.example"),
    "en/recipes": ("plainkitchen.example", "thursday-pot.example"),
    "en/letters": ("quiet-notebook.example", "letters-home.example"),
    "en/stories": ("evening-tales.example",),
    "en/explainers": ("why-is-it-so.example", "small-science.example"),
    "en/minutes": ("netherby-parish.example", "garside-council.example"),
    "en/notes": ("county-almanac.example", "openwiki.example"),
    "en/forum": ("askaround.example", "workbench-forum.example"),
    "en/codedoc": ("docs.plaintools.example",),
    "en/products": ("quayside-shop.example", "goods.fenwick.example"),
    "de/news": ("ahse-bote.example", "kreisblatt.example"),
    "de/howto": ("selbermachen.example",),
    "de/recipes": ("omas-topf.example",),
    "de/letters": ("mein-heft.example",),
    "de/minutes": ("vereinsprotokolle.example",),
    "de/notes": ("heimatlexikon.example",),
    "es/news": ("el-eco-comarcal.example", "la-vega-diario.example"),
    "es/howto": ("manitas.example",),
    "es/recipes": ("cocina-de-pueblo.example",),
    "es/letters": ("cuaderno-azul.example",),
    "es/minutes": ("actas-vecinales.example",),
    "es/notes": ("enciclopedia-comarcal.example",),
    "ar/notes": ("dafatir.example", "hikayat.example"),
}
SPAM_SITES = ("best-deals-today.example", "topweb-offers.example", "free-links.example", "pagehub.example")
