"""Sources through the engine: the same findings however the work is cut; nothing lost unsaid."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scanner import scan
from scanner.engine.find import Finder
from scanner.model import Blob, Place, Skipped
from scanner.scan import Advance, Options, Scanner, scan_blobs, scan_files, shards
from scanner.sources import files
from scanner.sources.files import Found

Made = Callable[..., str]


@pytest.fixture
def tree(tmp_path: Path, made: Made) -> list[Found]:
    """Forty files, one finding in each, two in some."""
    found = []
    for number in range(40):
        path = tmp_path / f"f{number:02}.env"
        text = f"DB_PASSWORD={made(f'a{number}')}\n"
        text += f"API_TOKEN={made(f'b{number}')}\n" * (number % 3 == 0)
        path.write_text(text)
        found.append(Found(path.name, str(path), path.stat().st_size))
    return found


def blob(data: bytes, *paths: str) -> Blob:
    return Blob("", len(data), tuple(Place(path) for path in paths or ("a.env",)), data)


def test_processes_change_nothing(tree: list[Found], monkeypatch: pytest.MonkeyPatch) -> None:
    alone = scan_files(tree, Options(jobs=1))
    monkeypatch.setattr(scan, "ALONE", 0)
    seen: list[Advance] = []
    many = scan_files(tree, Options(jobs=2), progress=seen.append)
    assert len(alone.findings) == 54
    assert many.findings == alone.findings
    assert many.summary.files == alone.summary.files == 40
    assert many.summary.bytes == alone.summary.bytes


@pytest.mark.parametrize("jobs", [1, 2])
def test_progress(tree: list[Found], jobs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Advance] = []
    scan_files(tree, Options(jobs=jobs), progress=seen.append)
    assert seen == []  # it is over before anybody has looked
    monkeypatch.setattr(scan, "ALONE", 0)
    result = scan_files(tree, Options(jobs=jobs), progress=seen.append)
    assert len(seen) > 12
    assert [one.done for one in seen] == sorted(one.done for one in seen)
    assert {(one.total, one.bytes_total, one.count_total) for one in seen} == {
        (result.summary.bytes + 40 * scan._OPENING, result.summary.bytes, 40)
    }
    last = seen[-1]
    assert (last.done, last.bytes, last.count) == (last.total, last.bytes_total, last.count_total)


def test_findings_are_sorted_by_path_and_start(tree: list[Found]) -> None:
    result = scan_files(tree[::-1], Options(jobs=1))
    places = [(one.path, one.start) for one in result.findings]
    assert places == sorted(places)


def test_processes_report_what_they_could_not_read(
    tree: list[Found], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "ALONE", 0)
    os.unlink(tree[3].real)
    result = scan_files(tree, Options(jobs=2))
    (lost,) = result.summary.skipped
    assert lost.place.path == "f03.env"
    assert result.summary.files == 39
    assert not result.summary.complete


@pytest.mark.parametrize("count", [1, 2, 7, 100])
def test_shards_keep_every_file_in_order(count: int) -> None:
    listed = [Found(str(n), str(n), (n * 37_000) % 250_001) for n in range(60)]
    parts = shards(listed, count)
    assert [one for part in parts for one in part] == listed
    assert all(parts)
    assert len(parts) <= 2 * count + 1
    if count == 1:
        assert len(parts) == 1


def test_a_huge_file_is_a_shard_of_its_own() -> None:
    listed = [Found("small", "small", 1), Found("huge", "huge", 1 << 30), Found("last", "last", 1)]
    assert [len(part) for part in shards(listed, 4)] == [1, 1, 1]


def test_no_files_are_no_findings() -> None:
    assert shards([], 4) == [[]]
    result = scan_files([], Options(jobs=2))
    assert (result.findings, result.summary.files, result.summary.complete) == ((), 0, True)


def test_a_large_file_is_read_in_blocks(
    tmp_path: Path, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same findings as in one piece, and no piece was the whole file."""
    filler = "# nothing to see here\n" * 300
    lines = [f"DB_PASSWORD={made(str(number))}\n{filler}" for number in range(30)]
    path = tmp_path / "large.env"
    path.write_text("".join(lines))
    listed = [Found(path.name, str(path), path.stat().st_size)]
    whole = scan_files(listed, Options(jobs=1))
    assert len(whole.findings) == 30
    asked: list[int] = []
    real = files._reader

    def counted(handle: int) -> Callable[[int, int], bytes]:
        read = real(handle)
        return lambda offset, length: asked.append(length) or read(offset, length)  # type: ignore[func-returns-value]

    monkeypatch.setattr(files, "WHOLE", 1000)
    monkeypatch.setattr(files, "_reader", counted)
    monkeypatch.setitem(Finder.__init__.__kwdefaults__ or {}, "block", 4096)
    assert scan_files(listed, Options(jobs=1)).findings == whole.findings
    assert len(asked) > listed[0].size // 4096
    assert max(asked) < listed[0].size


def test_inline_ignores_work_in_a_large_file(
    tmp_path: Path, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    filler = "# nothing to see here\n" * 300
    path = tmp_path / "large.env"
    line = f"DB_PASSWORD={made('x')}"
    path.write_text(f"{filler}{line}  # unleak:allow\n{filler}{line}\n")
    monkeypatch.setattr(files, "WHOLE", 1000)
    listed = [Found(path.name, str(path), path.stat().st_size)]
    result = scan_files(listed, Options(jobs=1))
    assert [one.line for one in result.findings] == [602]
    assert result.summary.suppressed == {"inline unleak:allow": 1}
    every = scan_files(listed, Options(jobs=1, inline_ignores=False))
    assert [one.line for one in every.findings] == [301, 602]


def test_content_that_breaks_off_is_skipped_and_the_rest_goes_on(made: Made) -> None:
    def broken(offset: int, length: int) -> bytes:
        raise OSError(5, "Input/output error")

    bad = Blob("", 1 << 30, (Place("bad.bin"), Place("twin.bin")), read=broken)
    good = blob(f"DB_PASSWORD={made('x')}\n".encode())
    result = scan_blobs(iter([bad, good]), Options())
    assert [one.path for one in result.findings] == ["a.env"]
    assert [(s.place.path, s.reason) for s in result.summary.skipped] == [
        ("bad.bin", "input/output error"),
        ("twin.bin", "input/output error"),
    ]


def test_what_a_source_skips_is_in_the_summary() -> None:
    def source() -> Iterator[Blob | Skipped]:
        yield Skipped(Place("b"), "no reason")

    result = scan_blobs(source(), Options(), [Skipped(Place("a"), "permission denied")])
    assert [one.place.path for one in result.summary.skipped] == ["a", "b"]
    assert not result.summary.complete


def test_the_same_content_in_two_places_is_two_findings(made: Made) -> None:
    data = f"DB_PASSWORD={made('x')}\n".encode()
    result = scan_blobs([blob(data, "b.env", "a.env")], Options())
    assert [(one.path, len(one.places)) for one in result.findings] == [("a.env", 1), ("b.env", 1)]


def test_only_active_rules_find(made: Made) -> None:
    data = f"DB_PASSWORD={made('x')}\n".encode()
    active = Options(active=frozenset({"generic-secret-assignment"}))
    assert len(scan_blobs([blob(data)], active).findings) == 1
    other = Options(active=frozenset({"github-oauth-token"}))
    assert scan_blobs([blob(data)], other).findings == ()


def test_rules_that_found_something_are_explained(made: Made) -> None:
    result = scan_blobs([blob(f"DB_PASSWORD={made('x')}\n".encode())], Options())
    assert list(result.summary.rules) == ["generic-secret-assignment"]
    assert result.summary.rules["generic-secret-assignment"].rotate


def test_content_in_memory(made: Made) -> None:
    scanner = Scanner(Options())
    line = f"DB_PASSWORD={made('x')}"
    (one,) = scanner.scan_data("a.env", line.encode())
    assert (one.path, one.key) == ("a.env", "DB_PASSWORD")
    assert scanner.scan_data("a.env", f"{line} # unleak:allow".encode()) == []


def _die(_part: object) -> None:
    import os
    import signal

    os.kill(os.getpid(), signal.SIGKILL)


def test_a_worker_that_dies_is_an_error_and_no_hang(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scanner import scan as module
    from scanner.errors import ReadError

    found = []
    for number in range(4):
        path = tmp_path / str(number)
        path.write_bytes(b"x" * (2 << 20))
        found.append(Found(str(number), str(path), 2 << 20))
    monkeypatch.setattr(module, "_scan_shard", _die)
    with pytest.raises(ReadError, match="died"):
        module.scan_files(found, Options(jobs=2))
