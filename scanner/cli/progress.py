"""A bar on standard error while a terminal looks on; without one, or with --quiet, nothing."""

from __future__ import annotations

import os
import sys
from typing import Any

from scanner.cli import output
from scanner.scan import Advance, Progress


class Bar:
    """Drawn from the first word of progress on, taken away at the end of the `with` block."""

    def __init__(self, *, quiet: bool) -> None:
        self._wanted = sys.stderr.isatty() and not quiet
        self._bar: Any = None
        self._phase = ""

    def __enter__(self) -> Progress | None:
        return self._show if self._wanted else None

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def _show(self, now: Advance) -> None:
        if self._bar is None:
            self._bar = _made()
            self._bar.start()
        if now.phase != self._phase:  # what went before says nothing about the time of this
            for task in self._bar.task_ids:
                self._bar.remove_task(task)
            self._phase = now.phase
            total = now.total or None
            self._bar.add_task(output.escape(now.phase), total=total, counted="")
        (task,) = self._bar.task_ids
        self._bar.update(task, completed=now.done, counted=counted(now), refresh=True)


def compiling(count: int) -> None:
    """Say why the first run takes longer, to a terminal or the log of a build system."""
    if sys.stderr.isatty() or os.environ.get("CI"):
        output.note(f"unleak: compiling {count:,} rules, once per version ...")


def counted(now: Advance) -> str:
    """How much of how much was read, for a person."""
    if not now.count_total:
        return ""
    if not now.bytes_total:
        return f"{now.count:,} of {now.count_total:,} {now.noun}"
    step, unit = next(((s, u) for s, u in _UNITS if now.bytes_total >= s), (1e3, "kB"))
    sizes = f"{now.bytes / step:,.1f} of {now.bytes_total / step:,.1f} {unit}"
    return f"{now.count:,} of {now.count_total:,} {now.noun}, {sizes}"


_UNITS = ((1e9, "GB"), (1e6, "MB"))


def _made() -> Any:  # noqa: ANN401 -- rich is loaded when there is something to draw
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    words = TextColumn("{task.description}", markup=False)
    numbers = TextColumn("{task.fields[counted]}", markup=False)
    columns = (words, BarColumn(bar_width=16), numbers, TimeRemainingColumn())
    # No thread redraws it: processes are forked meanwhile.
    return Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)
