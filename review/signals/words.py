"""Words: how they are hashed, and the lists they are looked up in.

A word's hash is 64-bit FNV-1a over its lower-case code points (digits as "0"). The function words below are our
own choice of each language's commonest closed-class words; they give the signal `function_words` and a rough
language guess, which only decides with which other documents a signal's value is compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from review.signals import characters as ch
from review.signals.characters import SCRIPTS

MAX_WORDS = 16_384  # words of a document that enter the tables
MAX_CHARACTERS = 16_384  # characters of a document that enter the 4-gram table
MAX_LINES = 4_096  # lines of a document that enter the tables
WORD_BUCKETS = 1 << 18
CHARACTER_BUCKETS = 1 << 16
FNV_OFFSET = 1469598103934665603
FNV_PRIME = 1099511628211
GOLDEN = 0x9E3779B97F4A7C15  # 2^64 / golden ratio: spreads consecutive keys
GRAM_PRIME = 0xA0761D6478BD642F
_MASK = (1 << 64) - 1

GOPHER_STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
FUNCTION_WORDS = {
    "en": "the be to of and that have with a in is it for was on are as at this by he from not but they you his her"
    " she or an were we been has which their if will who when there what about would can all out up one had than them"
    " then some so my its how our into him do more other your me could no over such these may also any because after"
    " before only where most",
    "de": "der die das und ist in den von zu mit sich des auf für nicht ein eine als auch es an werden aus er hat dass"
    " sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr"
    " durch man sein wurde wir ich kann unter wenn ihre im dem dieser",
    "fr": "le la les de des du et un une est en que qui dans pour pas sur au avec ce il par plus ne se son je sont vous"
    " aux ou mais nous cette elle on tout été même sa ses comme leur être fait si ils deux entre sans très ont",
    "es": "el la los las de del y que en un una es se por con no para su al lo como más pero sus le ya o este sí porque"
    " esta entre cuando muy sin sobre también me hasta hay donde quien desde todo nos durante todos uno les ni contra"
    " ser son fue ha",
    "pt": "o a os as de do da dos das e que em um uma é se por com não para no na ao mais como mas foi ele seu sua ou"
    " ser quando muito nos já está eu também só pelo pela até isso ela entre era depois sem mesmo aos ter seus são",
    "it": "il lo la i gli le di del della dei e che in un una è si per con non da al come più ma anche sono dal nel"
    " alla ha questo o se ci loro dell sul cui essere tra suo sua quando molto nella delle era mi fra stato solo",
    "nl": "de het een en van in is dat op te zijn met voor niet aan er om ook als dan maar bij of uit nog naar heeft"
    " door over ze zich wordt hij deze worden kan meer tot je wel geen we dit was hun die ik",
    "sv": "och i att det som en på är av för med den till inte har de om ett var men så vi kan från man eller när ut nu"
    " över vid sin efter upp då hade ska jag skulle där sig vara blir under även alla mycket detta",
    "da": "og i at det som en på er af for med den til ikke har de om et var men så vi kan fra man eller når ud nu over"
    " ved sin efter op da havde skal jeg skulle der sig være bliver under også alle meget dette",
    "fi": "ja on ei se että hän oli mutta ovat kun niin myös tai joka kuin sen jos nyt vain ole mitä olla sitä minä"
    " siitä voi tämä jo ne mukaan sekä he jälkeen hyvin",
    "pl": "i w na z się nie do to że jest o jak za od przez po dla ale czy tak co są tym być oraz może już jego który"
    " która które tylko był tego lub bardzo przy jako gdy także",
    "cs": "a v na se je to že s z do i o k ve pro za by ale si po od jako tak co už jsou který která které nebo jeho"
    " při byl jen podle aby být více bude také až mezi další kde",
    "hu": "a az és hogy nem is egy de meg ez csak már van volt mint ha vagy még ki el azt minden kell lehet ezt után"
    " amely így itt nagyon pedig szerint",
    "ro": "și în de la pe cu nu o un că este din se care a mai pentru sunt ca ce fi am sau prin dar lui au fost după"
    " foarte această acest",
    "tr": "ve bir bu da de için ile çok daha olarak gibi ne o en kadar sonra ama var olan her değil ya mi olduğu göre"
    " ise veya tarafından",
    "id": "yang dan di untuk dengan dari ini pada itu tidak dalam akan adalah juga ke atau oleh sebagai bisa karena ada"
    " saya lebih telah dapat para kami mereka",
    "sw": "na ya wa kwa ni katika za la kuwa hiyo cha pia kama huo hii yake watu lakini bila huu zaidi wake baada",
    "vi": "và của là có trong được cho không với các một những người này đã khi để từ đến về cũng như ra nhiều sẽ",
    "ru": "и в не на что с по как это к из у за от так но а для же то его до вы бы о при или если когда только был"
    " мы она они все был была еще уже который также может быть после",
    "uk": "і в не на що з та як це до за від але а для же його чи у про при або якщо коли був вони все ще вже який"
    " також може бути після є й",
    "bg": "и в не на че с по как това към от за но а до да се са е ще или ако когато само беше ние те всички още вече"
    " който също може след",
    "el": "και το να η της ο με για του την που από τα στο των είναι ότι στην θα δεν σε οι τον στη μας ένα μια τις αλλά"
    " πολύ",
    "ar": "في من على إلى أن هذا عن التي الذي ما لا كان مع هذه كل أو بعد بين ذلك قد هو هي كما لم ثم إن حيث",
    "he": "של את על לא הוא זה עם כי גם היא או אם אני כל יותר אבל היה כדי רק הם בין מה יש אין אל כמו",
}  # fmt: skip
BOILERPLATE_WORDS = (
    "cookie cookies subscribe javascript newsletter login signup copyright unsubscribe wishlist checkout"
    " impressum datenschutz warenkorb datenschutzerklärung mentions panier suscríbete carrito aviso boletín"
    " iscriviti carrello winkelwagen varukorg prenumerera integritetspolicy indkøbskurv koszyk zaloguj regulamin"
    " košík přihlásit registrace корзина подписаться регистрация"
)
BOILERPLATE_PHRASES = (
    "privacy policy|terms of|of use|rights reserved|sign in|log in|sign up|click here|to cart|free shipping|share this"
    "|buy now|lorem ipsum|read more|learn more|view all|powered by|leave a|related posts|add to|skip to"
    "|alle rechte|rechte vorbehalten|mehr lesen|weiterlesen hier|zum warenkorb|jetzt kaufen|hier klicken"
    "|tous droits|droits réservés|lire la|mentions légales|en savoir|cliquez ici|ajouter au"
    "|todos los|derechos reservados|leer más|política de|haga clic|iniciar sesión|añadir al"
    "|todos os|direitos reservados|leia mais|clique aqui|tutti i|diritti riservati|leggi tutto|clicca qui"
    "|alle rechten|lees meer|klik hier|läs mer|klicka här|alla rättigheter|læs mere|wszelkie prawa|czytaj więcej"
    "|kliknij tutaj|všechna práva|číst dále|více informací|klikněte zde|do košíku"
    "|все права|права защищены|читать далее|в корзину|политика конфиденциальности|подробнее о"
)
LANGUAGES = tuple(FUNCTION_WORDS)
GROUPS = LANGUAGES + tuple(f"script:{name}" for name in SCRIPTS)  # what a document's language guess may be
UNKNOWN = len(LANGUAGES)  # "script:none": no letters, or Latin ones without a language that can be believed
LOG_DF_STEPS = 4_096  # a pool log-df is a whole number of steps: 6.9 at most, so it fits into 16 bits
LISTED_BITS, PHRASE_BITS = 16, 12  # of the look-ups of listed words and phrases
MIN_HITS = 10  # function words needed before a language is believed


def word_hash(word: str) -> int:
    """64-bit FNV-1a of a word that is lower case already, with digits as "0"."""
    value = FNV_OFFSET
    for character in word:
        value = ((value ^ ord(character)) * FNV_PRIME) & _MASK
    return value


def pair_hash(first: int, second: int) -> int:
    """Hash of two words that follow each other."""
    return ((first * 31 + second) * GOLDEN) & _MASK


def mix(value: int) -> int:
    """Spread a hash so that its low bits can name a bucket."""
    value = ((value ^ (value >> 29)) * GOLDEN) & _MASK
    return value ^ (value >> 32)


def word_bucket(value: int) -> int:
    """Bucket (0..262,143) of a word's or a pair's hash."""
    return mix(value) & (WORD_BUCKETS - 1)


def character_bucket(four: str) -> int:
    """Bucket (0..65,535) of four characters."""
    packed = 0
    for character in four:
        packed = (packed << 16) | ord(character)
    value = (packed * GRAM_PRIME) & _MASK
    value ^= value >> 32
    return ((value * GOLDEN) & _MASK) >> 48


@dataclass(frozen=True)
class Listing:
    """Hashes that can be looked up with one look and no branch: `keys[at[(hash * factor) >> (64 - bits)]] == hash`.

    keys[0] is no hash and stands for all that are not listed. The factor is one under which no two keys meet.
    """

    keys: NDArray[np.uint64]
    at: NDArray[np.int16]  # (2^bits,) number of the key that may be there, 0 for none
    factor: np.uint64

    @classmethod
    def of(cls, values: Iterable[int], bits: int) -> Listing:
        """Look-up of distinct hashes."""
        keys = np.array([0, *sorted(values)], np.uint64)
        random = np.random.default_rng(0)
        while True:
            factor = random.integers(0, 2**64, dtype=np.uint64) | np.uint64(1)
            places = (keys[1:] * factor) >> np.uint64(64 - bits)
            if len(np.unique(places)) == len(places):
                at = np.zeros(1 << bits, np.int16)
                at[places] = np.arange(1, len(keys))
                return cls(keys, at, factor)


@dataclass(frozen=True)
class WordTable:
    """The listed words and phrases, and what each listed word is, by its number in `words`.

    `language_sets[set]` holds a 1 for each of its languages: words that several share are counted for each.
    """

    words: Listing
    stop: NDArray[np.uint8]  # 1..8: which of Gopher's stop words; 0 none
    boilerplate: NDArray[np.uint8]
    language_set: NDArray[np.int16]  # index into language_sets, 0 = no function word
    language_sets: NDArray[np.int32]  # (sets, languages)
    phrases: Listing


@lru_cache(maxsize=1)
def function_word_sets() -> dict[str, int]:
    """Every function word with the bit set of its languages."""
    sets: dict[str, int] = {}
    for index, language in enumerate(LANGUAGES):
        for word in FUNCTION_WORDS[language].split():
            sets[word] = sets.get(word, 0) | (1 << index)
    return sets


@lru_cache(maxsize=1)
def boilerplate_hashes() -> tuple[frozenset[int], frozenset[int]]:
    """Hashes of boilerplate words, and of two-word phrases."""
    words = frozenset(word_hash(word) for word in BOILERPLATE_WORDS.split())
    return words, frozenset(pair_hash(*map(word_hash, phrase.split(" "))) for phrase in BOILERPLATE_PHRASES.split("|"))


@lru_cache(maxsize=1)
def word_table() -> WordTable:
    """The lists above as look-ups for the compiled pass."""
    sets = function_word_sets()
    boilerplate_words, boilerplate_phrases = boilerplate_hashes()
    of_words = {word_hash(word): word for word in (*sets, *GOPHER_STOP_WORDS)}
    listing = Listing.of(of_words.keys() | boilerplate_words, LISTED_BITS)
    numbers = {bits: index + 1 for index, bits in enumerate(sorted(set(sets.values())))}
    listed = [(value, of_words.get(value, "")) for value in listing.keys.tolist()]
    return WordTable(
        words=listing,
        stop=np.array([GOPHER_STOP_WORDS.index(w) + 1 if w in GOPHER_STOP_WORDS else 0 for _, w in listed], np.uint8),
        boilerplate=np.array([value in boilerplate_words for value, _ in listed], np.uint8),
        language_set=np.array([numbers[sets[word]] if word in sets else 0 for _, word in listed], np.int16),
        language_sets=np.array([[bits >> i & 1 for i in range(len(LANGUAGES))] for bits in (0, *numbers)], np.int32),
        phrases=Listing.of(boilerplate_phrases, PHRASE_BITS),
    )


def language_group(hits: list[int], script_letters: list[int]) -> int:
    """Index into GROUPS: the language with most function words (ten at least), else the main script, else UNKNOWN.

    A headline or a list of names has no language that its few words prove; guessing one would sort such texts by
    their form, and hide just what the signals are to show.
    """
    best = max(range(len(LANGUAGES)), key=lambda index: (hits[index], -index))
    if hits[best] >= MIN_HITS:
        return best
    main = max(range(len(SCRIPTS)), key=lambda index: (script_letters[index], -index))
    return UNKNOWN + main if main > SCRIPTS.index("latin") else UNKNOWN


class _Folding(dict[int, str]):
    """Translation of every code point into itself folded, or into spaces around and instead of it."""

    def __missing__(self, point: int) -> str:
        tables = ch.character_tables()
        folded = ch.fold_point(point)
        kind = int(tables.kind[folded]) & ch.KIND_MASK
        lower = chr(tables.lower[folded])
        if kind == ch.HAN:
            lower = f" {lower} "
        elif kind not in (ch.LOWER, ch.UPPER, ch.DIGIT, ch.MARK):
            lower = " "
        self[point] = lower
        return lower


_FOLDING = _Folding()


def fold_words(text: str) -> list[str]:
    """The words of a text in order, folded: lower case, digits as "0", every Han or Kana character a word."""
    return [word for word in text.translate(_FOLDING).split(" ") if word]
