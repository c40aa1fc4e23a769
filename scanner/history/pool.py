"""Work done side by side: each process takes the next piece as it becomes free."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scanner.errors import ReadError
from scanner.history.listing import Ask, Listing, full_log
from scanner.history.shards import Part, Shards, Work
from scanner.scan import dismiss

FEW = 2 << 20  # weight below which starting processes costs more than it saves
_SHARDS: list[Shards] = []  # what a forked worker finds ready


def each_part(
    shards: Shards, work: Sequence[Work], ask: Ask, jobs: int
) -> Iterator[tuple[Work | None, Part | Listing]]:
    """Every piece of work with what came of it, as it is done, and the log that `ask` asks for.

    ReadError if a process dies.
    """
    import multiprocessing

    few = sum(one.weight for one in work) < FEW
    if jobs == 1 or few or "fork" not in multiprocessing.get_all_start_methods():
        yield None, full_log(ask)
        for one in work:
            yield one, shards.do(one)
        return
    from concurrent.futures import Future, ProcessPoolExecutor, as_completed
    from concurrent.futures.process import BrokenProcessPool

    _SHARDS[:] = [shards]
    context = multiprocessing.get_context("fork")
    pool = ProcessPoolExecutor(jobs + 1, context, initializer=_ignore_interrupts)
    try:
        asked: dict[Future[Part | Listing], Work | None] = {pool.submit(_listed, ask): None}
        asked |= {pool.submit(_do, one): one for one in work}
        for future in as_completed(list(asked)):
            yield asked.pop(future), future.result()
    except BrokenProcessPool as problem:
        hint = "memory may have run out; try --jobs 1"
        raise ReadError("a process that scanned history died", hint) from problem
    finally:
        dismiss(pool)
        _SHARDS.clear()


def _do(work: Work) -> Part | Listing:
    return _SHARDS[0].do(work)


def _listed(ask: Ask) -> Part | Listing:
    return full_log(ask)


def _ignore_interrupts() -> None:
    """Ctrl-C is the parent's to hear; it takes the workers down."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
