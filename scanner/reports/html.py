"""One self-contained page: no request leaves it, everything in it is escaped, values are masked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape

from scanner.model import SEVERITIES, Finding, Summary
from scanner.reports.safe import escaped, value_text

_STYLE = """
:root{color-scheme:light dark;--bg:#fbfbfa;--card:#fff;--ink:#1d1f23;--dim:#656b76;--line:#e3e4e6;
--critical:#b3122d;--high:#c2410c;--medium:#a16207;--low:#0f766e;--info:#64748b;--accent:#2451b3}
@media(prefers-color-scheme:dark){:root{--bg:#131518;--card:#1b1e23;--ink:#e7e9ec;--dim:#979fab;
--line:#2d3138;--critical:#ff6b81;--high:#fb923c;--medium:#facc15;--low:#5eead4;--info:#94a3b8;
--accent:#8fb3ff}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1180px;margin:0 auto;padding:28px 20px 60px}
h1{font-size:22px;margin:0 0 4px;letter-spacing:-.01em}.dim{color:var(--dim)}
.tiles{display:flex;flex-wrap:wrap;gap:10px;margin:18px 0}
.tile{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:10px 16px;
min-width:104px}.tile b{display:block;font-size:22px;line-height:1.2}
.tools{display:flex;flex-wrap:wrap;gap:10px;margin:6px 0 12px}
input,select{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);
border-radius:8px;padding:7px 10px}input{flex:1;min-width:200px}
.wrap{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:10px}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:9px 12px;border-bottom:1px solid var(--line);vertical-align:top}
tbody tr:last-child td{border-bottom:0}
th{font-size:12px;text-transform:uppercase;letter-spacing:.05em;color:var(--dim);white-space:nowrap}
th button{all:unset;cursor:pointer}th button:focus-visible{outline:2px solid var(--accent)}
th[aria-sort=ascending] button::after{content:" \\2191"}
th[aria-sort=descending] button::after{content:" \\2193"}
code{font:13px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
.s{font-weight:600;white-space:nowrap}.critical{color:var(--critical)}.high{color:var(--high)}
.medium{color:var(--medium)}.low{color:var(--low)}.info{color:var(--info)}
.why{font-size:13px;color:var(--dim)}.warn{border-left:4px solid var(--critical);padding:8px 14px;
background:var(--card);margin:14px 0}.none{padding:36px;text-align:center;color:var(--dim)}
@media print{.tools{display:none}body{background:#fff;color:#000}main{max-width:none}}
"""
_SCRIPT = """
const rows=[...document.querySelectorAll('tbody tr')],q=document.getElementById('q'),
s=document.getElementById('s'),shown=document.getElementById('shown');
function filter(){const w=q.value.toLowerCase();let n=0;for(const r of rows){
const ok=(!w||r.textContent.toLowerCase().includes(w))&&(!s.value||r.dataset.s===s.value);
r.hidden=!ok;if(ok)n++}shown.textContent=n+' of '+rows.length}
q.addEventListener('input',filter);s.addEventListener('change',filter);
document.querySelectorAll('th button').forEach((b,i)=>b.addEventListener('click',()=>{
const th=b.parentElement,up=th.getAttribute('aria-sort')!=='ascending';
document.querySelectorAll('th').forEach(x=>x.removeAttribute('aria-sort'));
th.setAttribute('aria-sort',up?'ascending':'descending');
const key=r=>r.children[i].dataset.v||r.children[i].textContent;
rows.sort((a,c)=>key(a).localeCompare(key(c),undefined,{numeric:true})*(up?1:-1));
const body=document.querySelector('tbody');rows.forEach(r=>body.appendChild(r))}));filter();
"""


def render(
    findings: Sequence[Finding], summary: Summary, *, show_secrets: bool, explain: bool
) -> Iterator[str]:
    """Pieces of the page; usable without its script, which only filters and sorts."""
    yield _head()
    yield "<main><h1>Secrets in plaintext</h1>"
    size = f"{summary.files:,} files, {summary.bytes:,} bytes scanned"
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
    policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>unleak report</title><style>{_STYLE}</style>\n"
    )


def _skipped(summary: Summary) -> Iterator[str]:
    if summary.skipped:
        yield f'<div class="warn"><b>{len(summary.skipped)} could not be read</b>'
        for one in summary.skipped:
            yield f"<div><code>{_text(one.place.path)}</code> {_text(one.reason)}</div>"
        yield "</div>"


def _tiles(findings: Sequence[Finding]) -> str:
    counts = Counter(finding.severity for finding in findings)
    tiles = [f'<div class="tile"><b>{len(findings)}</b>findings</div>']
    tiles += [
        f'<div class="tile"><b class="{name}">{counts[name]}</b>{name}</div>'
        for name in reversed(SEVERITIES)
        if counts[name]
    ]
    return f'<div class="tiles">{"".join(tiles)}</div>'


def _tools(count: int) -> str:
    options = "".join(f"<option>{name}</option>" for name in reversed(SEVERITIES))
    return (
        '<div class="tools"><input id="q" type="search" placeholder="Filter by path, name, rule" '
        'aria-label="Filter"><select id="s" aria-label="Severity"><option value="">any severity'
        f'</option>{options}</select><span class="dim" id="shown">{count}</span></div>'
    )


def _row(finding: Finding, summary: Summary, *, show_secrets: bool, explain: bool) -> str:
    info = summary.rules.get(finding.rule)
    rank = SEVERITIES.index(finding.severity)
    value = value_text(finding) if show_secrets else finding.masked
    reasons = finding.reasons if explain else finding.reasons[:3]
    why = "; ".join(_text(reason) for reason in reasons)
    rotate = f'<div class="why">Rotate: {_text(info.rotate)}</div>' if info and info.rotate else ""
    return (
        f'<tr data-s="{finding.severity}"><td class="s {finding.severity}" data-v="{9 - rank}">'
        f"{finding.severity}</td><td><code>{_text(finding.path)}:{finding.line}:{finding.column}"
        f"</code></td><td><code>{_text(finding.key)}</code></td><td><code>{_text(value)}</code></td>"
        f"<td>{_text(info.name if info else finding.rule)}"
        f'<div class="why">{_text(finding.rule)}, {finding.confidence} confidence</div>'
        f'<div class="why">{why}</div>{rotate}</td></tr>\n'
    )


def _text(text: str) -> str:
    return escape(escaped(text), quote=True)
