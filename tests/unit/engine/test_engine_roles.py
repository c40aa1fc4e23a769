"""A path says what role its file plays."""

from __future__ import annotations

import pytest

from scanner.engine.roles import aside_of, role_of, suffix


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("src/app.py", "code"),
        ("a/b.tsx", "code"),
        (".env", "config"),
        ("config/app.yaml", "config"),
        ("Dockerfile", "config"),
        ("README.md", "text"),
        ("static/app.min.js", "generated"),
        ("node_modules/x/index.js", "generated"),
        ("proto/x_pb2.py", "generated"),
    ],
)
def test_role(path: str, role: str) -> None:
    assert role_of(path) == role


@pytest.mark.parametrize(
    ("path", "aside"),
    [
        ("tests/test_x.py", "test"),
        ("src/x.spec.ts", "test"),
        ("docs/setup.md", "documentation"),
        ("examples/app.yaml", "an example"),
        ("locale/de.json", "a translation"),
        ("src/contest.py", ""),
        ("src/latest/app.py", ""),
        (".env.example", "an example"),
    ],
)
def test_aside(path: str, aside: str) -> None:
    assert aside_of(path) == aside


@pytest.mark.parametrize(
    ("path", "end"),
    [
        ("a/.env", "env"),
        (".env.production", "env"),
        ("prod.env", "env"),
        ("X.YML", "yml"),
        ("Makefile", ""),
    ],
)
def test_suffix(path: str, end: str) -> None:
    assert suffix(path) == end
