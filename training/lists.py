"""Lists of words, names and known passwords, from packages: one set to train, one to measure.

Training: zxcvbn (MIT, https://pypi.org/project/zxcvbn). Measuring: the list in Django (BSD), the
words in xkcdpass (BSD) and the names in `names` (MIT), without all that the first set holds.
"""

from __future__ import annotations

from training.people import Lists


def trained() -> Lists:
    """What human-like passwords are made from when the model is trained."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    words = [word for word in FREQUENCY_LISTS["english_wikipedia"][:12000] if _is_word(word)]
    men, women = FREQUENCY_LISTS["male_names"], FREQUENCY_LISTS["female_names"][:1500]
    names = [*men, *women, *FREQUENCY_LISTS["surnames"][:2000]]
    return Lists(FREQUENCY_LISTS["passwords"][:20000], words, names)


def prose() -> list[str]:
    """English words, the most common first.

    A word stands in one list of zxcvbn only; those that people also take for passwords or names
    are brought back by a dictionary (web2, in english-words).
    """
    from english_words import get_english_words_set
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    words = get_english_words_set(["web2"], lower=True, alpha=True)
    others = (
        *FREQUENCY_LISTS["passwords"],
        *FREQUENCY_LISTS["us_tv_and_film"],
        *FREQUENCY_LISTS["surnames"],
    )
    common = [word for word in others if len(word) > 3 and word in words]
    prose = FREQUENCY_LISTS["english_wikipedia"]
    return list(dict.fromkeys((*prose[:1500], *common[:3000], *prose[1500:], *common[3000:])))


def well_known() -> list[str]:
    """The passwords that the model knows by heart."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return [word for word in FREQUENCY_LISTS["passwords"][:10000] if word.isascii()]


def measured() -> Lists:
    """What human-like passwords are made from when the model is measured."""
    import gzip
    from importlib.resources import files

    known = trained()
    seen = {*known.passwords, *known.words, *known.names}
    packed = files("django").joinpath("contrib/auth/common-passwords.txt.gz").read_bytes()
    passwords = gzip.decompress(packed).decode().split()
    words = files("xkcdpass").joinpath("static/eff-short").read_text().split()
    names = files("names").joinpath("dist.all.last").read_text().splitlines()
    surnames = [line.split()[0].lower() for line in names[5000:20000]]
    return Lists(
        [one for one in passwords if one.isascii() and one not in seen],
        [word for word in words if _is_word(word) and word not in seen],
        [name for name in surnames if name not in seen],
    )


def _is_word(word: str) -> bool:
    return len(word) >= 3 and word.isascii() and word.isalpha()
