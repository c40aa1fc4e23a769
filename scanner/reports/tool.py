"""What a report says of the program that made it."""

from __future__ import annotations


def version() -> str:
    """The installed version, "0" if it is run without being installed."""
    from importlib import metadata

    try:
        return metadata.version("unleak")
    except metadata.PackageNotFoundError:
        return "0"
