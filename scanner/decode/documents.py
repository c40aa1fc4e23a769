"""Documents: the streams and strings of a PDF, and the text of office XML without its runs."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from html import unescape

from scanner.decode.compressed import DAMAGED, END, LIMIT, SHORT, Stream, decode, trouble
from scanner.decode.limits import Budget, Leaf, Part, Refused, shown, viewed

# What tells XML whose text is cut into runs: WordprocessingML, DrawingML, SpreadsheetML, ODF.
_RUNS = re.compile(rb"<(?:w:t|a:t|t|r|text:[a-z]+|m:t|v)[ >]")
# Where a line of such a text ends, and where a cell or tab stands.
_LINE = re.compile(
    rb"</(?:w:p|a:p|si|row|text:p|text:h|table:table-row|p|comment|text)>"
    rb"|<(?:w:br|w:cr|a:br|text:line-break)\b[^<>]*>"
)
_GAP = re.compile(rb"</(?:w:tc|c|table:table-cell)>|<(?:w:tab|text:tab|text:s)\b[^<>]*/>|<text:s/>")
_TAG = re.compile(rb"<[^<>]*>")

_OBJECT_STREAM = re.compile(rb"stream\r?\n")
_DICTIONARY = 4096  # bytes before a stream in which its dictionary is looked for
_FILTERS = re.compile(rb"/(?:Filter|F)\s*(\[[^\]]{0,500}\]|/\w{1,30})")
_LENGTH = re.compile(rb"/Length\s+(\d{1,12})(?!\s+\d+\s+R)")
_PREDICTOR = re.compile(rb"/Predictor\s+1[0-5]")
_COLUMNS = re.compile(rb"/Columns\s+(\d{1,6})")
_NAMES = re.compile(rb"/(\w+)")
_STAGES = {b"Fl": b"FlateDecode", b"A85": b"ASCII85Decode", b"AHx": b"ASCIIHexDecode"}
_STAGES |= {b"LZW": b"LZWDecode", b"RL": b"RunLengthDecode", b"DCT": b"DCTDecode"}
MOST_STAGES = 4
LONGEST_TEXT = 16 << 20  # bytes of all content streams that are read for the text they show
# Pictures: no text to read; a JPEG inside is a JPEG file.
_PICTURES = frozenset((b"DCTDecode", b"JPXDecode", b"CCITTFaxDecode", b"JBIG2Decode"))

_PRINTABLE = bytes((*b"\t\r\n", *range(0x20, 0x7F)))

# One string, number or operator of a content stream. A string need not close, and nothing is given
# back (possessive): each byte is looked at twice at most, whatever it is.
_INSIDE = rb"(?:[^()\\]|\\[\s\S]|\([^()]{0,500}+\))"
_TOKEN = re.compile(
    rb"\(" + _INSIDE + rb"{0,20000}+\)?|<[0-9A-Fa-f\s]{2,20000}+>"
    rb"|\bT[dDJj*m]\b|['\"]|\bET\b|-?\d+(?:\.\d+)?"
)
_STRING = re.compile(rb"\(" + _INSIDE + rb"{3,20000}+\)?")
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r\n|[\s\S])")
_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def run_text(xml: bytes) -> bytes | None:
    """The text of office XML with the tags between runs gone; None where there are no runs."""
    if not _RUNS.search(xml):
        return None
    text = _TAG.sub(b"", _GAP.sub(b"\t", _LINE.sub(b"\n", xml)))
    if b"&" in text:
        text = unescape(text.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogatepass")
    return text.strip() or None


def members(_kind: str, data: bytes, budget: Budget) -> Iterator[Part]:
    """A PDF's objects without their streams, and each stream decoded, with its shown text."""
    if re.search(rb"/Encrypt\s+(?:\d+\s+\d+\s+R|<<)", data):
        yield Refused((), "encrypted")
    plain: list[bytes] = []
    at = number = read = 0
    while match := _OBJECT_STREAM.search(data, at):
        if data[match.start() - 3 : match.start()] == b"end":
            plain.append(data[at : match.end()])
            at = match.end()
            continue
        head = data[max(at, match.start() - _DICTIONARY) : match.start()]
        head = head[max(0, head.rfind(b" obj")) :]
        end = _stream_end(data, match.end(), head)
        plain.append(data[at : match.start()])
        number += 1
        if number > budget.limits.members:  # empty streams are counted here alone
            yield Refused((), budget.members_reason())
            return
        for part in _stream(number, head, data[match.end() : end], budget):
            yield part
            if isinstance(part, Leaf) and read <= LONGEST_TEXT and _shows(part.data):
                yield from _text(part, LONGEST_TEXT - read, budget)
                read += len(part.data)
        at = end
    plain.append(data[at:])
    objects = b"".join(plain)
    yield from viewed(("(objects)",), objects, budget)
    strings = b"\n".join(_spelled(m.group()) for m in _STRING.finditer(objects))
    yield from viewed(("(objects)", "(text)"), strings, budget)


def _stream_end(data: bytes, start: int, head: bytes) -> int:
    """By its length where `endstream` follows there, else at the next `endstream`."""
    length = _LENGTH.search(head)
    if length:
        end = start + int(length[1])
        if b"endstream" in data[end : end + 20]:
            return end
    end = data.find(b"endstream", start)
    return end if end >= 0 else len(data)


def _stream(number: int, head: bytes, encoded: bytes, budget: Budget) -> Iterator[Part]:
    chain = (f"(stream {number})",)
    found = _FILTERS.search(head)
    stages = [_STAGES.get(n, n) for n in _NAMES.findall(found[1])] if found else []
    if len(stages) > MOST_STAGES:
        yield Refused(chain, f"more than {MOST_STAGES} filters")
        return
    cap, reason = budget.cap(len(encoded))
    out, state = encoded, END
    for stage in stages:
        if stage in _PICTURES:
            break
        result = _filtered(stage, out, cap)
        if result is None:
            yield Refused(chain, f"filter {stage.decode('ascii', 'replace')} is not known")
            return
        out, _, ended = result
        state = ended if state == END else state
    if stages[-1:] == [b"FlateDecode"] and _PREDICTOR.search(head):
        out = _unpredicted(out, head)
    if len(out) > cap:
        out, state = out[:cap], LIMIT
    if out:
        yield Leaf(chain, out)
    if state == LIMIT:
        yield Refused(chain, reason)
    elif state != END and not (state == SHORT and out):  # many writers leave out the last bytes
        yield Refused(chain, trouble(state))


def _shows(content: bytes) -> bool:
    """Whether a stream is one of a page: operators that show text, and no picture's bytes."""
    start = content[:1000]
    odd = len(start.translate(None, _PRINTABLE))
    return odd * 4 <= len(start) and (b"Tj" in content or b"TJ" in content)


def _text(stream: Leaf, most: int, budget: Budget) -> Iterator[Part]:
    """What the first `most` bytes of a content stream show."""
    chain = (*stream.chain, "(text)")
    text = shown_text(stream.data[:most])
    if text:
        yield from viewed(chain, text, budget)
    if len(stream.data) > most:
        yield Refused(chain, f"pages larger than {shown(LONGEST_TEXT)}")


def _filtered(stage: bytes, data: bytes, cap: int) -> Stream | None:
    if stage == b"FlateDecode":
        return decode("zlib", data, cap)
    try:
        if stage == b"ASCII85Decode":
            body = re.sub(rb"\s", b"", data.split(b"~>", 1)[0]).removeprefix(b"<~")
            return base64.a85decode(body), len(data), END
        if stage == b"ASCIIHexDecode":
            digits = re.sub(rb"[^0-9A-Fa-f]", b"", data.split(b">", 1)[0])
            return binascii.unhexlify(digits + b"0" * (len(digits) % 2)), len(data), END
    except ValueError:
        return b"", len(data), DAMAGED
    return _run_lengths(data, cap) if stage == b"RunLengthDecode" else None


def _run_lengths(data: bytes, cap: int) -> Stream:
    out = bytearray()
    at = 0
    while at < len(data) and data[at] != 128:
        count = data[at]
        if count < 128:
            out += data[at + 1 : at + 2 + count]
            at += 2 + count
        else:
            out += data[at + 1 : at + 2] * (257 - count)
            at += 2
        if len(out) > cap:
            return bytes(out[:cap]), at, LIMIT
    return bytes(out), at, END


def _unpredicted(data: bytes, head: bytes) -> bytes:
    """Undo PNG's row filters none, sub and up: what tables and object streams are written with."""
    found = _COLUMNS.search(head)
    width = int(found[1]) if found else 1
    out: list[bytes] = []
    above = bytes(width)
    for at in range(0, len(data) if width > 1 else 0, width + 1):
        row = bytearray(data[at + 1 : at + 1 + width])
        if data[at] == 1:
            for i in range(1, len(row)):
                row[i] = (row[i] + row[i - 1]) & 0xFF
        elif data[at] == 2:
            row = bytearray((a + b) & 0xFF for a, b in zip(row, above, strict=False))
        above = bytes(row)
        out.append(above)
    return b"".join(out) if out else data


def shown_text(content: bytes) -> bytes:
    """The strings that a content stream shows, a line for each move to another line."""
    pieces: list[bytes] = []
    for match in _TOKEN.finditer(content):
        token = match.group()
        first = token[:1]
        if first == b"(":
            pieces.append(_spelled(token))
        elif first == b"<":
            digits = re.sub(rb"\s", b"", token[1:-1])
            pieces.append(_wide(binascii.unhexlify(digits + b"0" * (len(digits) % 2))))
        elif first in (b"'", b'"', b"E") or token in (b"Td", b"TD", b"T*", b"Tm"):
            pieces.append(b"\n")
        elif first == b"-" and float(token) < -200:
            pieces.append(b" ")  # a gap wide enough, in thousandths of the letter size
    return re.sub(rb"\n\n+", b"\n", b"".join(pieces)).strip()


def _spelled(token: bytes) -> bytes:
    """The bytes of a string in parentheses; UTF-16 ones as UTF-8."""
    text = token[1:].removesuffix(b")")
    return _wide(_ESCAPE.sub(_unescape, text) if b"\\" in text else text)


def _unescape(match: re.Match[bytes]) -> bytes:
    text = match[1]
    if text[0] in b"01234567":
        return bytes((int(text, 8) & 0xFF,))
    return b"" if text in (b"\n", b"\r", b"\r\n") else _NAMED.get(text, text)


def _wide(raw: bytes) -> bytes:
    if raw.startswith(b"\xfe\xff"):
        return raw[2:].decode("utf-16-be", "replace").encode("utf-8", "replace")
    return raw
