"""Why a value is no secret: it refers to one, or it only stands where one will be.

`reference` names values that point elsewhere (variables, templates, look-ups, vault references,
paths); `placeholder` names values that nobody uses (examples, masks, defaults). Both give "" when
the value may be a secret. Values are bytes as they stand in the file, without quotes.
"""

from __future__ import annotations

import re

_REFERENCE = re.compile(
    rb"""
    \$\{ | \$\( | ^\$[A-Za-z_]\w*$ | (?<!\$)\$[A-Z][A-Z0-9_]{3,}$ | ^\$[{(\[] | ^\$env: | ^\$ENV[{\[] | \{\{ | \{% | <%  # variables, templates
    | ^\[% | ^%[\w.\-]+%$ | ^%\(\w+\)s | ^%[sdr@]$ | ^\#\{ | ^@@?[\w.\-]+@@?$ | ^__\w+__$
    | (?<![\w$#])\{[a-z_][\w.]{1,40}\} | \{[a-z]\w{1,20}(?::[^{}]{0,60}|\([^{}]{0,60}\))\} | ^<[^<>]{1,80}>$ | ^\[[^\[\]]{1,60}\]$ | ^\{[\w.\-: ]{0,60}\}$ | ^\(\(.+\)\)$
    | ^(?:ref\+|secretref[+:]|vault:|vault\.|op://|arn:aws|sm://|gcpsm|awssm|ssm:|keyring:|keychain:|bws?://
        |aws-secretsmanager:|projects/[^/]+/secrets/|\{cipher\}|\{aes\}|enc\[|enc\(|crypt\[|\!vault|\$ansible_vault
        |@microsoft\.keyvault|\{resolve:|file:|env:|env\.|base64:\$|https?://169\.254\.)
    | (?:os\.)?environ\b | \bgetenv\b | process\.env | system\.getenv | \benv\[ | \benv\( | env\.fetch
    | secretkeyref | ^/(?:run/secrets|var/run|etc|usr|opt|home|tmp|dev|proc|root|mnt|srv)/ | ^~/ | ^\.{1,2}/
    | ^%2f\w+%2f | ^/[a-z_.\-]+(?:/[a-z_.\-]+)*/?$ | ^--?[a-z][a-z\-]+$ | ^\*[A-Za-z_][\w\-]*$ | ^:\w+: | ^[\w.]+\[-?\d+\]
    | ^[a-z]:\\\\ | \.(?:pem|key|crt|cer|p12|pfx|jks|txt|json|ya?ml|toml|ini|cfg|env|js|ts|py|html?|svg|png|php|md)$
    """,
    re.VERBOSE | re.IGNORECASE,
)

_EXPRESSION = re.compile(
    rb"^[A-Za-z_][\w]*(?:(?:\.|->|::)[A-Za-z_]\w*)+(?:\(|\[|$)|^[A-Za-z_]\w*\(|^(?:self|this|cls)[.\[]"
)

_PLACEHOLDER = re.compile(
    rb"""
    ^(.)\1{3,}$ | x{6,} | X{4,} | [\-_.](?:x{3,}|y{3,}|z{3,})$ | ^(?:x|y|z){3,} | \*{3,} | \.{3,} | ^_+$ | \?{3,} | ^-+$
    | chang(?:e|ing)[_\-. ]?(?:me|this|it|in|default) | replace[_\-. ]?(?:me|this|with) | ^(?:insert|enter|put|add|set|type)[_\-. ]?(?:your|the|a|my|here|in)
    | your[_\-. ]?(?:own|secret|password|pass|token|api|key|access|app|client|value|auth|db|private|account|user|very|super|long|strong|credential)
    | ^your | \byour[_\-] | <your | my[_\-. ]?(?:secret|password|api|token|access|super)[_\-. ]?(?:key|token|password|here|value)?$
    | example | sample | placeholder | dummy | fake | todo | fixme | redacted | removed | masked | hidden
    | foo[_\-]?bar | ^foo | ^bar$ | ^baz | lorem | not[_\-]?(?:a[_\-]?)?(?:real|secret|used|set|needed) | some[_\-]?(?:secret|password|token|key|value|random|thing)
    | ^(?:abc|abcd|abcde|abcdef)+(?:123|1234|12345)?$ | ^(?:123|1234|12345|123456|1234567|12345678|123456789|1234567890)+$
    | ^inherit$ | ^(?:passwort|kennwort|contrasenya|contrasena|wachtwoord|mot_?de_?passe|senha|parola|haslo|losenord|salasana|sifre)$ | ^(?:string|int|integer|bool|boolean|bytes|any|object)[!?]*$ | ^(?:password|passwd|secret|token|key|string|text|value|here|test|testing|tests|none|null|nil|true|false|undefined|empty|default|optional|required|unknown|yes|no|on|off|n/a|tbd|xxx+|public|private|hidden|basic|bearer|oauth2?|jwt|ldap|saml|prompt|auto|manual|disabled|enabled|never|always|file|plain|text|hex|base64|utf-?8|json|md5|sha\d*|bcrypt|scrypt|argon2\w*|pbkdf2\w*)$
    | the[_\-. ](?:secret|password|token|key) | a[_\-. ](?:secret|password|token)\b | (?:secret|token|password|api[_\-. ]?key)[_\-. ]?(?:here|goes|value|placeholder|string|name)
    | ^(?:your|my|the|a|an)[_\- ]
    """,
    re.VERBOSE | re.IGNORECASE,
)

# Counted up or repeated: a filler when it is much of a value, chance when it is little of a long one.
_FILLER = re.compile(
    rb"0{8,}|1{8,}|0123456789|abcdefgh|ijklmnop|qrstuvwx|deadbeef|12345678", re.IGNORECASE
)
_UUID = re.compile(
    rb"^(?:[A-Za-z]{1,12}[=:_\-]|/)?\{?[0-9a-fA-F]{7,8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\}?$"
)
_DATE_OR_VERSION = re.compile(rb"^v?\d{1,4}(?:[.\-/:]\d{1,4}){1,5}(?:[T ]?\d\d:?\d\d.*)?[-+]?$")
_NUMBER = re.compile(rb"^-?0(?:[xX][0-9a-fA-F]{1,16}|[bB][01]{1,64}|[oO][0-7]{1,22})[uUlL]{0,3}$")
_LICENCE = re.compile(
    rb"^(?:BSD|A?L?GPL|Apache|MIT|MPL|CC|ISC|EPL|CDDL|PSF|ZPL|Unlicense|Artistic|Zlib)"
    rb"(?:[\-. ](?:v?\d[\d.+]*|[Cc]lause|or|only|later|License|BY|SA|NC|ND|Source|License)){0,6}$"
)
_REGEX = re.compile(rb"\[[^\]]{2,}\](?:[+*]|\{\d)|\(\?[:=!<P]|\\[dwsDWS][+*{]|\[\^[^\]]{1,40}\]")
_SOMETHING = re.compile(rb"[0-9A-Za-z\x80-\xff]")
_DISK = re.compile(rb"^(?:(?:PART)?UUID|LABEL)=")
_COLOUR = re.compile(rb"^(?:#|0x)[0-9a-fA-F]{3,8}$")

_DEFAULTS = frozenset(
    b"admin administrator root postgres mysql mongo mongodb redis rabbitmq guest user username "
    b"password password1 password123 passw0rd pass pass123 secret secret123 changeit changeme "
    b"toor master elastic minio minioadmin grafana "
    b"vagrant docker ubuntu oracle sa test test123 test1234 testpass testpassword testing temp "
    b"demo default tiger hackme tomcat jenkins keycloak django wordpress drupal magento laravel homestead "
    b"symfony rails sonar nexus admin123 root123 abc123 1234 12345 123456 1234567 12345678 "
    b"password123! password1! admin123! p@ssw0rd! "
    b"s3cr3t secr3t s3cret msandbox "
    b"123456789 1234567890 111111 000000 pa55word p@ssw0rd p@ssword".split()
)


def reference(value: bytes) -> str:
    """Why `value` points elsewhere: "reference" or "expression"; "" if it does not."""
    if _REFERENCE.search(value):
        return "reference"
    if value.startswith(b"eyJ"):
        return ""
    return "expression" if _EXPRESSION.search(value) else ""


def placeholder(value: bytes) -> str:
    """Why nobody uses `value`: one of "placeholder", "uuid", "number",
    "licence", "pattern", "version or date", "colour"; "" if real."""
    if _PLACEHOLDER.search(value):
        return "placeholder"
    if 3 * sum(map(len, _FILLER.findall(value))) >= len(value):
        return "placeholder"
    if not _SOMETHING.search(value):
        return "placeholder"
    if _DISK.search(value):
        return "placeholder"
    if _UUID.search(value):
        return "uuid"
    if _NUMBER.search(value):
        return "number"
    if _LICENCE.search(value):
        return "licence"
    if _REGEX.search(value):
        return "pattern"
    if _DATE_OR_VERSION.match(value):
        return "version or date"
    return "colour" if _COLOUR.match(value) else ""


def well_known_default(value: bytes) -> bool:
    """Whether `value` is a password that software ships with or that everybody tries first."""
    return value.lower() in _DEFAULTS
