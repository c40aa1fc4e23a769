"""The page: whole, on its own, and nothing in it is markup that we did not write."""

from __future__ import annotations

import base64
import hashlib
import html as html_text
import re
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser

from scanner.model import Finding, Place, Summary
from scanner.reports import html

VOID = {"meta", "input"}
LEFT_OPEN = {"html"}


class Page(HTMLParser):
    """Tags in order, attributes, and the text of the body."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] not in (["style"], ["script"]):
            self.texts.append(data)


def page(findings: list[Finding], summary: Summary, *, explain: bool = False) -> str:
    return "".join(html.render(findings, summary, show_secrets=False, explain=explain))


def test_a_row_says_where_what_and_why(finding: Callable[..., Finding], summary: Summary) -> None:
    made = Page(page([finding()], summary))
    text = " ".join(made.texts)
    for part in (
        "app/settings.py:3:7",
        "DB_PASSWORD",
        "*** (8-15 characters)",
        "Value of a secret-like name",
        "medium confidence",
        "the name says so",
        "Rotate: change it at the service",
        "3 files, 4,200 bytes scanned",
        "masked",
    ):
        assert part in text
    assert made.tags["tr"] == 2
    assert made.open == []


def test_without_findings_it_says_so(summary: Summary) -> None:
    made = Page(page([], summary))
    assert "No secrets found in what was read." in made.texts
    assert made.tags["table"] == made.tags["script"] == 0


def test_what_was_not_read_is_named(skipped_summary: Summary) -> None:
    text = " ".join(Page(page([], skipped_summary)).texts)
    assert "1 could not be read" in text
    assert "data/locked.bin" in text
    assert "permission denied" in text


def test_nothing_is_fetched(hostile: tuple[list[Finding], Summary]) -> None:
    text = page(*hostile, explain=True)
    made = Page(text)
    names = {name for name, _ in made.attributes}
    assert not names & {"src", "href", "action", "background", "srcset", "data", "style"}
    assert "default-src 'none'" in text
    assert not re.search(r"url\(|@import|//[a-z]", text.lower())


def test_only_our_own_script_and_style_may_run(
    finding: Callable[..., Finding], summary: Summary
) -> None:
    """The policy names both by digest: markup that got in nevertheless would do nothing."""
    text = page([finding()], summary)
    policy = html_text.unescape(re.findall(r'Content-Security-Policy" content="([^"]*)"', text)[0])
    for tag in ("script", "style"):
        (body,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "unsafe-inline" not in policy


def test_weights_are_shown_only_when_asked(
    finding: Callable[..., Finding], summary: Summary
) -> None:
    assert "+0.35" not in page([finding()], summary)
    assert "+0.35" in page([finding()], summary, explain=True)


def test_hostile_texts_are_no_markup(
    hostile: tuple[list[Finding], Summary], finding: Callable[..., Finding]
) -> None:
    """The hostile page has the tags of a harmless one, and no attribute that runs code."""
    findings, summary = hostile
    made = Page(page(findings, summary, explain=True))
    plain = [finding(places=(Place("a"),), rule="own-rule")] * 2
    assert made.tags == Page(page(plain, summary, explain=True)).tags
    assert made.tags["script"] == 1
    assert [name for name, _ in made.attributes if name.startswith("on")] == []
    assert "</script><script>alert(1)</script>" in " ".join(made.texts)


def test_columns_that_are_sorted_have_a_button_each(
    finding: Callable[..., Finding], summary: Summary
) -> None:
    made = Page(page([finding()], summary))
    assert made.tags["th"] == made.tags["button"] == 5
    assert ("scope", "col") in made.attributes
