"""Everything a verb needs to find secrets as the user and the configuration ask for it.

Resolves what the command line leaves open from the configuration, walks the source, scans, and
applies the filters that need no content: severity, ignore files, `[allow]`, baseline.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from scanner import config as configuration
from scanner.config import Config
from scanner.engine.rules_used import RulesUsed, active_ids
from scanner.errors import UsageError
from scanner.filters.halves import passing
from scanner.filters.paths import IgnoreFile, PathFilter, load_ignore_file
from scanner.model import (
    CONFIDENCES,
    SEVERITIES,
    Blob,
    Confidence,
    Finding,
    Severity,
    Skipped,
    Summary,
)
from scanner.record import record, replace
from scanner.scan import Options, Progress, Result, Scanner, scan_blobs, scan_files
from scanner.sources.files import Found, Tree, list_files, read_all, root_of

if TYPE_CHECKING:
    from scanner.engine.database import Say
    from scanner.history.request import HistoryRequest, RangeRequest


@record
class Request:
    """What a verb was asked for; None leaves a choice to the configuration.

    baseline: a path, "" for none. fingerprints: fill them in even when no filter needs them.
    say: told of rules that have to be compiled first.
    """

    paths: tuple[str, ...] = (".",)
    staged: bool = False
    given: bool = False
    stdin_name: str = ""
    gitignore: bool | None = None
    exclude: tuple[str, ...] = ()
    max_file_size: str = ""
    min_confidence: Confidence | None = None
    severity: Severity | None = None
    rules: tuple[str, ...] = ()
    exclude_rules: tuple[str, ...] = ()
    rule_files: tuple[str, ...] = ()
    baseline: str | None = None
    inline_ignores: bool | None = None
    config: str | None = None
    jobs: int = 0
    fingerprints: bool = False
    decode: bool = True
    history: HistoryRequest | None = None
    range: RangeRequest | None = None
    say: Say | None = None


@record
class Survey:
    """Findings that count, what the run did, and what a person should know beside it."""

    root: str
    findings: tuple[Finding, ...]
    summary: Summary
    notes: tuple[str, ...] = ()


def survey(request: Request, progress: Progress | None = None) -> Survey:
    """Scan what was asked for and keep what counts."""
    paths = tuple(path for path in request.paths if path != "-")
    root = root_of(paths or (".",))
    if request.range is not None:
        return _survey_range(request, root, request.range)
    config = configuration.load(root, explicit=request.config)
    options = _options(request, config)
    wanted = PathFilter((*config.exclude, *request.exclude), load_ignore_file(root))
    result, left_out = _scan(request, config, root, paths, options, wanted, progress)
    kept, suppressed, notes = _filtered(request, config, root, result.findings)
    counts = Counter(result.summary.suppressed) + suppressed
    summary = replace(
        result.summary, suppressed=dict(sorted(counts.items())), notes=tuple(left_out)
    )
    if request.history or (not result.summary.files and not request.staged):
        notes += left_out  # nobody should take this for a clean tree
    return Survey(root, tuple(kept), summary, tuple(notes))


def _survey_range(request: Request, root: str, asked: RangeRequest) -> Survey:
    """What a range brings in, judged by the configuration of its base."""
    from scanner.history.gate import gate
    from scanner.history.ranges import Limits

    if request.history or request.staged or "-" in request.paths:
        raise UsageError("--range stands alone", "PATH names the repository")

    def ready(folder: str) -> tuple[Options, Limits]:
        config = configuration.load(folder, explicit=request.config)
        wanted = PathFilter((*config.exclude, *request.exclude), load_ignore_file(folder))
        size = request.max_file_size
        most = configuration.parse_size(size) if size else config.max_file_size
        return _options(request, config), Limits(wanted.allows, most, asked.new_ignores)

    def keep(
        folder: str, findings: Sequence[Finding]
    ) -> tuple[list[Finding], Counter[str], list[str]]:
        config = configuration.load(folder, explicit=request.config)
        return _filtered(request, config, folder, findings)

    done = gate(root, asked, ready, keep, request.config)
    return Survey(root, done.findings, done.summary, done.notes)


def scanner_for(request: Request, root: str) -> Scanner:
    """The engine alone, as the configuration of `root` asks for it: to look again at a file."""
    config = configuration.load(root, explicit=request.config)
    return Scanner(_options(request, config))


def _options(request: Request, config: Config) -> Options:
    minimum = request.min_confidence or config.min_confidence
    files = (*config.rules, *request.rule_files)
    only = frozenset(request.rules or config.rule)
    never = frozenset((*config.exclude_rule, *request.exclude_rules))
    active = active_ids(only, never, files, request.say) if only or never else None
    inline = config.inline_ignores if request.inline_ignores is None else request.inline_ignores
    jobs = request.jobs or config.jobs
    return Options(minimum, active, files, inline, jobs, decode=request.decode, say=request.say)


def _scan(
    request: Request,
    config: Config,
    root: str,
    paths: tuple[str, ...],
    options: Options,
    wanted: PathFilter,
    progress: Progress | None,
) -> tuple[Result, list[str]]:
    if "-" in request.paths:
        from scanner.sources.stdin import read_stdin

        if len(request.paths) > 1 or request.staged:
            raise UsageError("- (standard input) stands alone")
        return scan_blobs(read_stdin(request.stdin_name or "<stdin>"), options), []
    if request.history:
        from scanner.history.scan import scan_history

        if request.staged:
            raise UsageError("--history stands alone", "PATH names the repository")
        result = scan_history(root, request.history, options, wanted.allows, progress)
        return result, list(result.summary.notes)
    if request.staged:
        return _scan_staged(request, root, options, wanted), []
    gitignore = config.gitignore if request.gitignore is None else request.gitignore
    excluded: list[str] = []

    def allowed(path: str) -> bool:
        if wanted.allows(path):
            return True
        excluded.append(path)
        return False

    files, skipped = list_files(Tree(root, paths, gitignore, allowed))
    files, notes = _small_enough(files, request.max_file_size, config)
    if excluded:
        notes.append(f"{len(excluded)} files excluded by patterns")
    if not files:
        notes.append("no file to scan there; --no-gitignore reads ignored ones too")
    return scan_files(files, options, skipped, progress), notes


def _scan_staged(request: Request, root: str, options: Options, wanted: PathFilter) -> Result:
    """The index's versions; with `given`, also the named files that are not staged, as they are."""
    from scanner.git.repository import top_of
    from scanner.sources.staged import list_staged, read_staged

    top = top_of(root)
    if top is None:
        raise UsageError(f"{root} is in no git repository", "--staged needs one")
    named = _named(top, request.paths)
    staged = list_staged(top, lambda path: wanted.allows(path) and _under(path, named))
    blobs: Iterator[Blob | Skipped] = read_staged(top, staged)
    if request.given and named is not None:
        fresh = {one.path for one in staged}
        rest = [os.path.join(top, path) for path in named if path not in fresh]
        files, skipped = list_files(Tree(top, tuple(rest), wanted=wanted.allows))
        blobs = chain(blobs, read_all(files), skipped)
    return scan_blobs(blobs, options)


def _named(top: str, paths: Sequence[str]) -> frozenset[str] | None:
    """The named paths relative to the top; None when the whole repository is meant."""
    relative = [os.path.relpath(os.path.abspath(path), top) for path in paths]
    return None if "." in relative else frozenset(relative)


def _under(path: str, named: frozenset[str] | None) -> bool:
    if named is None or path in named:
        return True
    parts = path.split("/")
    return any("/".join(parts[:count]) in named for count in range(1, len(parts)))


def _small_enough(files: list[Found], asked: str, config: Config) -> tuple[list[Found], list[str]]:
    limit = configuration.parse_size(asked) if asked else config.max_file_size
    if not limit:
        return files, []
    kept = [one for one in files if one.size <= limit]
    count = len(files) - len(kept)
    return kept, [f"{count} larger than {limit} bytes left out"] if count else []


def _filtered(
    request: Request, config: Config, root: str, findings: Sequence[Finding]
) -> tuple[list[Finding], Counter[str], list[str]]:
    """What counts, what was suppressed by which filter, and notes."""
    ignores = load_ignore_file(root)
    minimum = request.min_confidence or config.min_confidence
    rules = RulesUsed(minimum, (*config.rules, *request.rule_files))
    notes = list(rules.notes)
    baseline = config.baseline if request.baseline is None else request.baseline
    configs = _configs(request, config, root, findings)
    kept = passing(findings, lambda f: _severe(f, request.severity or configs[f.path].severity))
    kept = passing(kept, lambda one: _sure(one, request, configs[one.path]))
    if not kept:
        return kept, Counter(), notes
    digests = any(c.needs_fingerprints for c in configs.values())
    salt = b""
    if request.fingerprints or baseline or ignores.fingerprints or digests:
        from scanner.fingerprint import load_salt, with_fingerprints

        salt = load_salt(root)
        kept = list(with_fingerprints(kept, salt))
    suppressed: Counter[str] = Counter()
    for name, covers in (*rules.filters, *_filters(configs, ignores, baseline, salt, notes)):
        passed = [one for one in kept if not covers(one)]
        suppressed[name] += len(kept) - len(passed)
        kept = passed
    return kept, +suppressed, notes


def _configs(
    request: Request, config: Config, root: str, findings: Sequence[Finding]
) -> dict[str, Config]:
    """The configuration that holds for each path with findings: folders may have their own."""
    paths = tuple({one.path for one in findings})
    nested = configuration.nested_folders(root, paths)
    if not nested:
        return dict.fromkeys(paths, config)
    loaded: dict[str, Config] = {}
    for path in paths:
        folder = os.path.dirname(path)
        if folder not in loaded:
            loaded[folder] = configuration.load(root, explicit=request.config, folder=folder)
    return {path: loaded[os.path.dirname(path)] for path in paths}


def _severe(finding: Finding, least: Severity) -> bool:
    return SEVERITIES.index(finding.severity) >= SEVERITIES.index(least)


def _sure(finding: Finding, request: Request, config: Config) -> bool:
    """A folder may ask for more confidence than the root, or leave a rule out; never for less."""
    if finding.rule in config.exclude_rule and finding.rule not in request.rules:
        return False
    least = request.min_confidence or config.min_confidence
    return CONFIDENCES.index(finding.confidence) >= CONFIDENCES.index(least)


def _filters(
    configs: dict[str, Config], ignores: IgnoreFile, baseline: str, salt: bytes, notes: list[str]
) -> list[tuple[str, Callable[[Finding], bool]]]:
    found: list[tuple[str, Callable[[Finding], bool]]] = []
    if ignores.fingerprints:
        found.append((".unleakignore", lambda one: one.fingerprint in ignores.fingerprints))
    if any(config.allow for config in configs.values()):
        found.append(("configuration", _allowed(configs, salt, notes)))
    if any(config.exclude for config in configs.values()):
        found.append(("excluded path", _excluded(configs)))
    if baseline:
        from scanner.filters.baseline import load_baseline

        found.append(("baseline", load_baseline(baseline).knows))
    return found


def _allowed(
    configs: dict[str, Config], salt: bytes, notes: list[str]
) -> Callable[[Finding], bool]:
    from scanner.filters.allow import AllowFilter

    def digest(finding: Finding) -> str:
        from scanner.fingerprint import value_digest

        return value_digest(finding.secret, salt)

    by_config = {id(c): AllowFilter(c.allow, digest) for c in configs.values()}

    def covers(finding: Finding) -> bool:
        one = by_config[id(configs[finding.path])]
        allowed = one.allows(finding)
        notes.extend(note for note in one.notes if note not in notes)
        return allowed

    return covers


def _excluded(configs: dict[str, Config]) -> Callable[[Finding], bool]:
    filters = {id(c): PathFilter(c.exclude, IgnoreFile()) for c in configs.values()}
    return lambda finding: not filters[id(configs[finding.path])].allows(finding.path)
