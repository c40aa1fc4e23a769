"""The ceiling of the judgement: what the rules' raw matches leave to be judged, and how exactly.

    python bench/candidates.py LABELLED.jsonl.gz [--minimum low] [--misses] [--spans] [--only KIND]

A true label is reached where its lines overlap a match that its rule's paths allow; it is exact
where a match's value is the label's own span. Kinds that count neither way are left out. Nothing is
judged: what is missed here can never be found.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Any

from scanner.engine.database import load_database
from scanner.engine.matcher import Match, Matcher


@cache
def allows(patterns: tuple[str, ...], path: str) -> bool:
    """Whether a rule with these paths looks at that file."""
    import pathspec

    return not patterns or pathspec.GitIgnoreSpec.from_lines(patterns).match_file(path)


IGNORED = frozenset(
    ["UUID", "Nonce", "Salt", "Firebase Domain", "AWS S3 Bucket", "Tencent WeChat API App ID"]
)
GAP = b"\n" * 3  # between segments of one file: no rule reaches over it


class Text:
    """The segments of one file joined, with a way from (line, column) to an offset."""

    def __init__(self, segments: list[dict[str, Any]]) -> None:
        self.lines: dict[int, tuple[int, str]] = {}
        parts: list[bytes] = []
        at = 0
        for segment in segments:
            for number, line in enumerate(segment["text"].split("\n"), segment["line"]):
                data = line.encode("utf-8", "surrogateescape")
                self.lines[number] = (at, line)
                parts += [data, b"\n"]
                at += len(data) + 1
            parts.append(GAP)
            at += len(GAP)
        self.data = b"".join(parts)

    def offset(self, line: int, column: int) -> int:
        at, text = self.lines[line]
        return at + len(text[:column].encode("utf-8", "surrogateescape"))

    def span(self, label: dict[str, Any]) -> tuple[int, int]:
        """[start, end) of the label's lines."""
        at, text = self.lines[label["end"]]
        return self.lines[label["line"]][0], at + len(text.encode("utf-8", "surrogateescape"))


def files(path: str) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line)


def counts(label: dict[str, Any]) -> bool:
    return label["true"] and not set(label["category"].split(":")) <= IGNORED


def verdict(text: Text, label: dict[str, Any], matches: list[Match]) -> tuple[bool, bool, bool]:
    """(lines overlapped, span exact, span inside of a match)."""
    low, high = text.span(label)
    near = [m for m in matches if m[1] <= high and m[2] >= low]
    if label["start"] < 0 or label["stop"] < 0 or label["line"] != label["end"]:
        return bool(near), False, False
    span = text.offset(label["line"], label["start"]), text.offset(label["line"], label["stop"])
    exact = any((m[1], m[2]) == span for m in near)
    return bool(near), exact, any(m[1] <= span[0] and span[1] <= m[2] for m in near)


def hide(text: str) -> str:
    """Runs of letters and digits in the shape they have, so that a printed line is no secret."""
    return re.sub(r"\S{500,}", lambda m: m[0][:500] + "...", text)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("labelled")
    parser.add_argument("--minimum", default="medium", choices=["low", "medium"])
    parser.add_argument("--misses", action="store_true", help="lines that no match overlaps")
    parser.add_argument("--spans", action="store_true", help="lines reached with another span")
    parser.add_argument("--only", default="", help="labels whose kind holds this text")
    options = parser.parse_args()
    matcher = Matcher(load_database(options.minimum))
    table: dict[str, Counter[str]] = defaultdict(Counter)
    per_rule: Counter[str] = Counter()
    useful: Counter[str] = Counter()
    size = 0
    spent = 0.0
    for file in files(options.labelled):
        text = Text(file["segments"])
        started = time.process_time()
        matches = matcher.matches(text.data)
        spent += time.process_time() - started
        size += len(text.data)
        matches = [m for m in matches if allows(m[0].paths, file["file"])]
        per_rule.update(m[0].id for m in matches)
        for label in file["labels"]:
            if not counts(label) or options.only not in label["category"]:
                continue
            reached, exact, inside = verdict(text, label, matches)
            low, high = text.span(label)
            useful.update({m[0].id for m in matches if m[1] <= high and m[2] >= low})
            placed = label["start"] >= 0 and label["stop"] >= 0 and label["line"] == label["end"]
            for kind in (label["category"], "ALL"):
                table[kind]["true"] += 1
                table[kind]["reached"] += reached
                table[kind]["placed"] += placed
                table[kind]["exact"] += exact
            if (options.misses and not reached) or (
                options.spans and placed and reached and not exact
            ):
                show(
                    file,
                    text,
                    label,
                    matches,
                    "MISS" if not reached else "WIDE" if inside else "SPAN",
                )
    print(f"{'kind':44} {'true':>6} {'reached':>8} {'placed':>7} {'exact':>7}")
    for kind, row in sorted(table.items(), key=lambda item: -item[1]["true"]):
        exact = row["exact"] / row["placed"] if row["placed"] else 1.0
        print(
            f"{kind[:44]:44} {row['true']:6} {row['reached'] / row['true']:8.1%} {row['placed']:7} {exact:7.1%}"
        )
    total = sum(per_rule.values())
    print(f"\n{total} matches in {size / 1e6:.1f} MB: {total / size * 1e6:.0f} a MB; {spent:.1f} s")
    for rule, count in per_rule.most_common(30):
        print(f"  {rule:40} {count:7}  on true labels {useful[rule]}")


def show(
    file: dict[str, Any], text: Text, label: dict[str, Any], matches: list[Match], how: str
) -> None:
    print(f"{how} {file['repo']}/{file['file']}:{label['line']} {label['category']}")
    for number in range(label["line"], min(label["end"], label["line"] + 3) + 1):
        print("   |", hide(text.lines[number][1]))
    if label["start"] >= 0:
        print("   =", repr(hide(text.lines[label["line"]][1][label["start"] : label["stop"]])))
    low, high = text.span(label)
    for m in matches:
        if m[1] <= high and m[2] >= low:
            print("   ~", m[0].id, repr(text.data[m[1] : min(m[2], m[1] + 200)]))


if __name__ == "__main__":
    main()
