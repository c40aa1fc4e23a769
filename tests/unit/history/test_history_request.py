"""What narrows a request, and what does not."""

from __future__ import annotations

from scanner.history.request import HistoryRequest


def test_narrowed() -> None:
    assert not HistoryRequest().narrowed
    assert not HistoryRequest(reachable=True, every_place=True).narrowed
    for one in (
        HistoryRequest(since="v1"),
        HistoryRequest(branches=("x",)),
        HistoryRequest(max_commits=3),
    ):
        assert one.narrowed
