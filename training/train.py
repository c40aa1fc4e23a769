"""Labelled lines -> scanner/engine/judgement.model and its digest in weights.py.

    python -m training.train LABELLED.jsonl.gz [--packages FOLDER] [--seed 1]

FOLDER keeps the packages whose code is taken for clean; what is missing is downloaded. The same
input and seed give the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import time
from pathlib import Path

from scanner.engine import weights
from scanner.engine.language import Language
from training import clean, fit, labelled, lists, tongue

WEIGHTS = Path(weights.__file__)


def language_of(files: list[labelled.File]) -> Language:
    """Words of code by the number of repositories that hold them, and English."""
    texts = ((f.repo, text.decode("utf-8", "replace")) for f in files for _, text in f.texts)
    return tongue.language(tongue.counted(texts), lists.prose(), lists.well_known())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("labelled")
    parser.add_argument("--packages", type=Path, default=Path("build/packages"))
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    begin = time.monotonic()
    arguments.packages.mkdir(parents=True, exist_ok=True)
    clean.fetch(arguments.packages)
    files = labelled.files(arguments.labelled)
    language = language_of(files)
    rows = fit.rows_of(files)
    quiet = fit.clean_rows(clean.candidates(arguments.packages, arguments.seed))
    human = fit.human_rows(rows, lists.trained(), arguments.seed)
    model = fit.fit(rows, quiet, human, language, arguments.seed)
    data = weights.encode(model)
    Path(weights.FILE).write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    source = WEIGHTS.read_text(encoding="utf-8")
    WEIGHTS.write_text(re.sub(r'(?m)^DIGEST = ".*"$', f'DIGEST = "{digest}"', source), "utf-8")
    print(
        f"{len(rows)} labelled candidates, {len(quiet)} of clean code, {len(human)} human-like; "
        f"{len(data):,} bytes, sha256 {digest}, {time.monotonic() - begin:.0f} s"
    )


if __name__ == "__main__":
    main()
