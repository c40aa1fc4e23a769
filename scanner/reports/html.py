"""One self-contained page: no request leaves it, everything in it is escaped, values are masked."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import sha256
from html import escape

from scanner.model import SEVERITIES, Finding, Summary
from scanner.reports.fields import parts_shown, reasons_shown
from scanner.reports.safe import escaped, value_text

_STYLE = """
:root{color-scheme:light dark;--bg:#fbfbfa;--card:#fff;--ink:#1d1f23;--dim:#5d636e;--line:#e3e4e6;
--critical:#b3122d;--high:#c2410c;--medium:#946009;--low:#0f766e;--info:#5b697c;--accent:#2451b3}
@media screen and (prefers-color-scheme:dark){:root{--bg:#131518;--card:#1b1e23;--ink:#e7e9ec;
--dim:#979fab;--line:#2d3138;--critical:#ff6b81;--high:#fb923c;--medium:#facc15;--low:#5eead4;
--info:#94a3b8;--accent:#8fb3ff}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1280px;margin:0 auto;padding:28px 20px 60px}
h1{font-size:22px;margin:0 0 4px;letter-spacing:-.01em}p{margin:0}.dim{color:var(--dim)}
.tiles{display:flex;flex-wrap:wrap;gap:10px;margin:18px 0}
.tile{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:8px 16px;
min-width:96px}.tile b{display:block;font-size:22px;line-height:1.25}
.tools{display:flex;flex-wrap:wrap;align-items:center;gap:10px;margin:6px 0 12px}
.tools[hidden]{display:none}input,select{font:inherit;color:inherit;background:var(--card);
border:1px solid var(--line);border-radius:8px;padding:7px 10px}input{flex:1;min-width:200px}
:focus-visible{outline:2px solid var(--accent);outline-offset:1px}
.wrap{overflow:clip;background:var(--card);border:1px solid var(--line);border-radius:10px}
table{border-collapse:collapse;width:100%}tr[hidden]{display:none!important}
th,td{text-align:left;padding:9px 12px;border-bottom:1px solid var(--line);vertical-align:top}
tbody tr:last-child td{border-bottom:0}th{position:sticky;top:0;background:var(--card);
font-size:12px;text-transform:uppercase;letter-spacing:.05em;color:var(--dim);white-space:nowrap}
th button{all:unset;cursor:pointer}th button:focus-visible{outline:2px solid var(--accent)}
th[aria-sort=ascending] button::after{content:" \\2191"}
th[aria-sort=descending] button::after{content:" \\2193"}
code{font:13px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
td:nth-child(3){min-width:9em}td:nth-child(4){min-width:14.5em}td:nth-child(5){width:34%}
.s{font-weight:600;white-space:nowrap}.critical{color:var(--critical)}.high{color:var(--high)}
.medium{color:var(--medium)}.low{color:var(--low)}.info{color:var(--info)}
.why{font-size:13px;color:var(--dim)}.warn{border-left:4px solid var(--critical);padding:8px 14px;
background:var(--card);margin:14px 0;overflow-wrap:anywhere}
.none{padding:36px;margin-top:18px;text-align:center;color:var(--dim)}
@media screen and (max-width:760px){main{padding:20px 14px 40px}thead{position:absolute;
clip-path:inset(50%);width:1px;height:1px;overflow:hidden}tbody,tr,td{display:block}
tr{padding:10px 14px;border-bottom:1px solid var(--line)}tbody tr:last-child{border-bottom:0}
td,td:nth-child(5){padding:1px 0;border:0;width:auto;min-width:0}td:empty{display:none}}
@media print{.tools{display:none}body{background:#fff;font-size:12px}main{max-width:none;padding:0}
tr{break-inside:avoid}th{position:static}
th,td{padding:6px 8px}td:nth-child(n){min-width:0}td:nth-child(2){width:28%}
td:nth-child(4){width:17%}code,.why{font-size:11px}}
"""
_SCRIPT = """
const $=id=>document.getElementById(id),body=document.querySelector('tbody'),q=$('q'),s=$('s');
let rows=[...body.rows].map(r=>({r,t:r.textContent.toLowerCase(),
k:[...r.cells].map(c=>c.dataset.v||c.textContent)}));
const order=new Intl.Collator(undefined,{numeric:true}).compare;
function filter(){const w=q.value.toLowerCase().split(' ').filter(x=>x);let n=0;
for(const {r,t} of rows){const ok=w.every(x=>t.includes(x))&&(!s.value||r.dataset.s===s.value);
r.hidden=!ok;if(ok)n++}$('shown').textContent=n+' of '+rows.length}
document.querySelectorAll('th').forEach((th,i)=>th.firstChild.addEventListener('click',()=>{
const up=th.getAttribute('aria-sort')!=='ascending';
document.querySelectorAll('th').forEach(x=>x.removeAttribute('aria-sort'));
th.setAttribute('aria-sort',up?'ascending':'descending');
rows.sort((a,b)=>order(a.k[i],b.k[i])*(up?1:-1));body.append(...rows.map(x=>x.r))}));
q.addEventListener('input',filter);s.addEventListener('change',filter);
$('tools').hidden=false;filter();
"""


def render(
    findings: Sequence[Finding], summary: Summary, *, show_secrets: bool, explain: bool
) -> Iterator[str]:
    """Pieces of the page; usable without its script, which only filters and sorts."""
    yield _head()
    yield "<main><h1>Secrets in plaintext</h1>"
    noun = "file" if summary.files == 1 else "files"
    size = f"{summary.files:,} {noun}, {summary.bytes:,} bytes scanned"
    suppressed = sum(summary.suppressed.values())
    more = f"; {suppressed:,} suppressed" if suppressed else ""
    yield f'<p class="dim">{size}{more}. Values are {"shown" if show_secrets else "masked"}.</p>'
    yield from _skipped(summary)
    if not findings:
        yield '<div class="wrap none">No secrets found in what was read.</div></main></html>\n'
        return
    yield _tiles(findings)
    yield _tools(len(findings))
    yield '<div class="wrap"><table><thead><tr>'
    for title in ("Severity", "Where", "Name", "Value", "Rule"):
        yield f'<th scope="col"><button type="button">{title}</button></th>'
    yield "</tr></thead><tbody>\n"
    for finding in findings:
        yield _row(finding, summary, show_secrets=show_secrets, explain=explain)
    yield f"</tbody></table></div></main><script>{_SCRIPT}</script></html>\n"


def _head() -> str:
    # By digest, so that markup which got in nevertheless would not run.
    allowed = f"style-src {_digest(_STYLE)}; script-src {_digest(_SCRIPT)}"
    policy = f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>unleak report</title><style>{_STYLE}</style>\n"
    )


def _digest(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _skipped(summary: Summary) -> Iterator[str]:
    if summary.skipped:
        yield f'<div class="warn"><b>{len(summary.skipped)} could not be read</b>'
        for one in summary.skipped:
            yield f"<div><code>{_text(one.place.path)}</code> {_text(one.reason)}</div>"
        yield "</div>"


def _tiles(findings: Sequence[Finding]) -> str:
    counts = Counter(finding.severity for finding in findings)
    noun = "finding" if len(findings) == 1 else "findings"
    tiles = [f'<div class="tile"><b>{len(findings)}</b>{noun}</div>']
    tiles += [
        f'<div class="tile"><b class="{name}">{counts[name]}</b>{name}</div>'
        for name in reversed(SEVERITIES)
        if counts[name]
    ]
    return f'<div class="tiles">{"".join(tiles)}</div>'


def _tools(count: int) -> str:
    options = "".join(f"<option>{name}</option>" for name in reversed(SEVERITIES))
    return (
        '<div class="tools" id="tools" hidden><input id="q" type="search" '
        'placeholder="Filter by path, name, rule" aria-label="Filter">'
        '<select id="s" aria-label="Severity"><option value="">any severity</option>'
        f'{options}</select><span class="dim" id="shown">{count}</span></div>'
    )


def _row(finding: Finding, summary: Summary, *, show_secrets: bool, explain: bool) -> str:
    info = summary.rules.get(finding.rule)
    rank = SEVERITIES.index(finding.severity)
    value = value_text(finding) if show_secrets else finding.masked
    why = "; ".join(_text(reason) for reason in reasons_shown(finding, explain=explain))
    key = f"<code>{_text(finding.key)}</code>" if finding.key else ""
    shown = parts_shown(finding, show_secrets=show_secrets)
    parts = "".join(f'<div class="why">{_text(one)}</div>' for one in shown)
    rotate = f'<div class="why">Rotate: {_text(info.rotate)}</div>' if info and info.rotate else ""
    return (
        f'<tr data-s="{finding.severity}"><td class="s {finding.severity}" data-v="{9 - rank}">'
        f"{finding.severity}</td><td><code>{_text(finding.path)}:{finding.line}:{finding.column}"
        f"</code></td><td>{key}</td><td><code>{_text(value)}</code>{parts}</td>"
        f"<td>{_text(info.name if info else finding.rule)}"
        f'<div class="why">{_text(finding.rule)}, {finding.confidence} confidence</div>'
        f'<div class="why">{why}</div>{rotate}</td></tr>\n'
    )


def _text(text: str) -> str:
    return escape(escaped(text), quote=True)
