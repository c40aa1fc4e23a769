"""What is staged: the index's content, which a commit would take, not the work tree's."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from scanner.git.repository import Staged, read_blobs, staged_files
from scanner.model import Blob, Place, Skipped


def list_staged(top: str, wanted: Callable[[str], bool] | None = None) -> list[Staged]:
    """Paths that the index adds or changes, sorted; `wanted` decides by path."""
    found = staged_files(top)
    return sorted(
        (one for one in found if wanted is None or wanted(one.path)),
        key=lambda one: (one.path, one.blob_id),
    )


def read_staged(top: str, staged: list[Staged]) -> Iterator[Blob | Skipped]:
    """Each staged version as a Blob, read once however many paths have it."""
    places: dict[str, list[Place]] = {}
    for one in staged:
        places.setdefault(one.blob_id, []).append(Place(one.path))
    for blob_id, content in read_blobs(top, list(places)):
        if content is None:
            why = f"object {blob_id} is missing or broken"
            yield from (Skipped(place, why) for place in places[blob_id])
        else:
            yield Blob(blob_id, len(content), tuple(places[blob_id]), content)
