"""How well secrets are told from all else, beside the peers: prints tables, asserts nothing.

    python bench/accuracy.py LABELLED.jsonl.gz [--packages FOLDER] [--clean FOLDER ...] [--peers FOLDER]

The model is trained anew for each of five folds, without the repositories and the true values of
the fold. FOLDER of --packages holds what training/train.py downloads. Each folder of --clean is a
tree whose findings are counted by 50,000 lines, with the model as it is shipped. --peers holds the
peers' commands. Needs the extra `training`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scanner.engine import score
from scanner.engine.weights import Model, chance
from scanner.record import replace
from training import clean, fit, labelled, lists, measure
from training.labelled import File
from training.people import password
from training.train import language_of

FOLDS = 5
UNLEAK = str(Path(sys.executable).parent / "unleak")
PROVIDER = ("API", "Token", "Key", "Secret", "Auth")


def folds(files: Sequence[File], seed: int) -> dict[str, int]:
    repos = sorted({file.repo for file in files})
    random.Random(seed).shuffle(repos)
    return {repo: number % FOLDS for number, repo in enumerate(repos)}


def cross_validated(
    files: Sequence[File], packages: Path, seed: int
) -> tuple[dict[int, list[float]], list[tuple[str, float]]]:
    """(file number -> a chance an example, (repository, chance) of each human-like password)."""
    part = folds(files, seed)
    language = language_of(list(files))
    quiet = fit.clean_rows(clean.candidates(packages, seed))
    scores: dict[int, list[float]] = {}
    human: list[tuple[str, float]] = []
    source = random.Random(seed + 98)
    known = lists.trained()
    other = lists.measured()
    for number in range(FOLDS):
        held = [i for i, file in enumerate(files) if part[file.repo] == number]
        values = frozenset(
            one.proposal.candidate.value
            for i in held
            for one in files[i].examples
            if one.truth == 1
        )
        rows = fit.rows_of([f for f in files if part[f.repo] != number], values)
        model = fit.fit(rows, quiet, fit.human_rows(rows, known, seed), language, seed)
        for i in held:
            scores[i] = [_chance(model, one.proposal.candidate) for one in files[i].examples]
            for one in files[i].examples:
                if fit.is_password(one):
                    value = password(other, source).encode()
                    changed = replace(one.proposal.candidate, value=value)
                    human.append((files[i].repo, _chance(model, changed)))
    return scores, human


def _chance(model: Model, one: fit.Candidate) -> float:
    known = score.settled(one)
    return known[0] if known else chance(model.score(one))


def show_folds(files: Sequence[File], packages: Path, seed: int) -> None:
    scores, human = cross_validated(files, packages, seed)
    print("unleak, five folds by repository")
    print("threshold    F1  precision  recall  strict  hit/missed/false/other  human-like (a repo)")
    levels = {score.HIGH: "high", score.MEDIUM: "medium", score.LOW: "low"}
    for least in (score.LOW, 0.4, 0.5, score.MEDIUM, 0.7, 0.8, score.HIGH, 0.95, 0.98):
        figures = measure.counted(files, scores, least, "high" if least >= score.HIGH else "medium")
        by_repo: dict[str, list[bool]] = defaultdict(list)
        for repo, value in human:
            by_repo[repo].append(value >= least)
        hit = sum(map(sum, by_repo.values())) / max(1, len(human))
        mean = sum(sum(v) / len(v) for v in by_repo.values()) / max(1, len(by_repo))
        print(
            f"{least:.2f} {levels.get(least, ''):<6} {figures.f1:.3f}  {figures.precision:.3f}"
            f"      {figures.recall:.3f}   {figures.strict:.3f}   {figures.hit}/{figures.missed}/"
            f"{figures.false}/{figures.other}   {hit:.3f} ({mean:.3f}) of {len(human)}"
        )
    figures = measure.counted(files, scores, score.MEDIUM, "medium")
    print("\nrecall at medium by category")
    for name, (hit, every) in sorted(figures.by_category.items(), key=lambda item: -item[1][1]):
        print(f"  {name:<28} {hit:>5} of {every}")
    print("\nfindings that are wrong at medium, by rule")
    for name, count in figures.wrong.most_common(20):
        print(f"  {name:<40} {count}")


def show_peers(files: Sequence[File], folder: Path) -> None:
    """Whole commands over the same lines, laid out as files."""
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary) / "tree"
        for file in files:
            path = root / file.repo / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(laid_out(file))
        print("\nwhole commands over the same lines (unleak: the shipped model, which knows them)")
        print("command          F1  precision  recall  strict")
        for name, found in commands(root, folder):
            figures = measure.Figures()
            for file in files:
                lines = found.get(f"{file.repo}/{file.path}", [])
                measure.count_lines(file, lines, figures)
            print(
                f"{name:<14} {figures.f1:.3f}  {figures.precision:.3f}      {figures.recall:.3f}"
                f"   {figures.strict:.3f}"
            )


def laid_out(file: File) -> bytes:
    """Each segment at its lines, with empty lines between."""
    out, at = b"", 1
    for line, text in sorted(file.texts):
        if line > at:
            out += b"\n" * (line - at)
        out += text + b"\n"
        at = max(line, at) + text.count(b"\n") + 1
    return out


Lines = dict[str, list[tuple[int, int, str]]]
COMMANDS = {
    "unleak": ["unleak", "scan", ".", "--format", "json", "--quiet", "--output", "OUT"],
    "betterleaks": ["betterleaks", "fs", ".", "-s", "--no-banner", "-o", "OUT"],
    "kingfisher": [
        "kingfisher", "scan", ".", "--git-history", "none", "--no-dedup", "--no-validate",
        "--no-update-check", "-q", "-f", "json", "-o", "OUT",
    ],
    "detect-secrets": ["detect-secrets", "scan", "-n", "--all-files", "."],
    "credsweeper": ["credsweeper", "--path", ".", "--no-stdout", "--save-json", "OUT", "--log", "error"],
}  # fmt: skip


def commands(root: Path, folder: Path) -> list[tuple[str, Lines]]:
    """What each command that is there finds: path -> (first line, last line, "")."""
    out = []
    for name, command in COMMANDS.items():
        program = UNLEAK if name == "unleak" else str(folder / command[0])
        if not os.path.exists(program):
            continue
        report = root.parent / f"{name}.json"
        arguments = [str(report) if part == "OUT" else part for part in command[1:]]
        done = subprocess.run([program, *arguments], cwd=root, capture_output=True, check=False)
        text = report.read_bytes() if report.exists() else done.stdout
        text = report.read_bytes() if report.exists() else done.stdout
        try:
            out.append((name, READ[name](json.loads(text))))
        except ValueError:
            print(f"{name}: no report: {done.stderr.decode(errors='replace')[-300:]}")
    return out


def _add(found: Lines, path: str, first: int, last: int) -> None:
    found.setdefault(os.path.normpath(path), []).append((first, last, ""))


def _unleak(document: Any) -> Lines:
    found: Lines = {}
    for one in document["findings"]:
        _add(found, one["path"], one["line"], one["end_line"])
    return found


def _betterleaks(document: Any) -> Lines:
    found: Lines = {}
    for one in document["findings"]:
        where = one["location"]
        _add(found, where["path"], where["start_line"], where["end_line"])
    return found


def _kingfisher(document: Any) -> Lines:
    found: Lines = {}
    for one in document["findings"]:
        inner = one["finding"]
        last = inner["line"] + inner["snippet"].count("\n")
        _add(found, inner["path"], inner["line"], last)
    return found


def _detect_secrets(document: Any) -> Lines:
    found: Lines = {}
    for path, some in document["results"].items():
        for line in sorted({one["line_number"] for one in some}):
            _add(found, path, line, line)
    return found


def _credsweeper(document: Any) -> Lines:
    found: Lines = {}
    for one in document:
        lines = [part["line_num"] for part in one["line_data_list"]]
        if one["severity"] != "info":
            _add(found, one["line_data_list"][0]["path"], min(lines), max(lines))
    return found


READ = {
    "unleak": _unleak, "betterleaks": _betterleaks, "kingfisher": _kingfisher,
    "detect-secrets": _detect_secrets, "credsweeper": _credsweeper,
}  # fmt: skip


def show_clean(folders: Sequence[Path]) -> None:
    """Findings of the whole command in code that is taken for clean."""
    print("\nclean code: findings by 50,000 lines (lines, findings)")
    for level in ("medium", "high"):
        total = lines = 0
        for folder in folders:
            command = [UNLEAK, "scan", str(folder), "--format", "json", "--min-confidence", level]
            done = subprocess.run(command, capture_output=True, check=False)
            count, size = len(json.loads(done.stdout)["findings"]), _lines(folder)
            total, lines = total + count, lines + size
            print(f"  {level:<7} {folder.name:<28} {count / size * 50000:6.2f} ({size}, {count})")
        print(f"  {level:<7} {'all':<28} {total / max(1, lines) * 50000:6.2f} ({lines}, {total})")


def _lines(folder: Path) -> int:
    count = 1
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            count += 0 if b"\0" in data[:4096] else data.count(b"\n")
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("labelled")
    parser.add_argument("--packages", type=Path, default=Path("build/packages"))
    parser.add_argument("--clean", type=Path, nargs="*", default=[])
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-folds", action="store_true")
    arguments = parser.parse_args()
    files = labelled.files(arguments.labelled)
    if not arguments.no_folds:
        show_folds(files, arguments.packages, arguments.seed)
    if arguments.peers:
        show_peers(files, arguments.peers)
    if arguments.clean:
        show_clean(arguments.clean)


if __name__ == "__main__":
    main()
