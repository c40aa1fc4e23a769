"""How surprising a run of letters is: bits a letter pair, from a small table.

Row `a`, column `b`: -log2 of the chance that `b` follows `a` in English prose, 0 to 15 in
hexadecimal; counted over the comments and documentation strings of the Python standard library,
each word weighted by the logarithm of its count.
"""

from __future__ import annotations

from itertools import pairwise

_BITS = (
    "a54597595a7343c5b34266776a"  # a
    "36563a9835a27846a44639da58"  # b
    "3b5739a45f447928956359af7c"  # c
    "4775178a28a58747e547489a7e"  # d
    "484355697b955385733496758c"  # e
    "4a77338e2ea48838a4654eae5e"  # f
    "477829543da46457d347488d88"  # g
    "2a9728a93da5673ad5646a9d7a"  # h
    "5645555cab844235a543b5f7f6"  # i
    "3a6a2aaa5a5aa737aa5a2aaa6a"  # j
    "5976175c3cc4c5678836675c8c"  # k
    "3875289a3f939837f95557ac49"  # l
    "259729ba3e875833e8575eae7e"  # m
    "4843363849678657b933669c7b"  # n
    "7644766c7a644254c355455899"  # o
    "398727f64f739834b354598b5f"  # p
    "7bb6bbbbbbb7b6bbb67b0b7bbb"  # q
    "385527693b675637f544678c5c"  # r
    "5b5827843a7677549832487a6f"  # s
    "396727c42fb67846b345598a5a"  # t
    "5456466e5ea34374e3338ee9eb"  # u
    "29ad199d3ddd7858998d9ad99a"  # v
    "2d9637932dd6943d9346dd69d8"  # w
    "483737863c967c62c862998569"  # x
    "665646674cc443529533c85c67"  # y
    "387b17bb3bb7564bb8b6bbbb7b"  # z
)


def surprise(letters: bytes) -> float:
    """Mean bits a pair of ASCII letters, case ignored: about 4 for words, above 5.5 for chance.

    0.0 for fewer than two letters; other bytes must be taken out first.
    """
    low = letters.lower()
    if len(low) < 2:
        return 0.0
    return sum(int(_BITS[(a - 97) * 26 + b - 97], 16) for a, b in pairwise(low)) / (len(low) - 1)
