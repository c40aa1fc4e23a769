"""What the generic rules give to the judgement: every syntax, with the exact span of the value."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from scanner.engine.database import load_database
from scanner.engine.matcher import Matcher

# The first `@` stands for the value: a drawn one under weak names, a chosen one elsewhere; `~` is `@`.
CHOSEN = [
    'password = "@"',
    "password := '@'",
    "'password' => '@',",
    'if user.password == "@":',
    "assert(body.password !== '@', 'visible');",
    "TOKEN+='@'",
    "password -> @",
    "db_password: @",
    "PASS: @",
    "    password : @",
    'password: str = "@"',
    'const token: string = "@";',
    'var password string = "@"',
    'char password[] = "@";',
    "const proxyPass   = '@';",
    'pw = "@"',
    "- **password**: @",
    "`auth_pwd` = '@',",
    'password = Some("@")',
    'password = new String("@");',
    'password = os.getenv("PW", "@")',
    "password = os.environ.get('X', '@')",
    'PASSWORD = os.environ.get("PASSWORD") or "@"',
    "const secret = process.env.SECRET || '@';",
    "'password': (None, '@'),",
    'Tokens: []string{"@"},',
    "cookies[:remember_me_token] = { value: '@', expires: 1 }",
    '"body": "{\\"password\\": \\"@\\"}"',
    '"body": "{\\\\\\"password\\\\\\":\\\\\\"@\\\\\\"}"',
    "<pre>{&quot;password&quot;: &quot;@&quot;}</pre>",
    "<pre>{&#34;password&#34;: &#34;@&#34;, x}</pre>",
    "<password>@</password>",
    "<password>\n    @\n</password>",  # unleak:allow
    "<key>ServicePassword</key>\n\t<string>@</string>",
    '<add key="DbPassword" value="@" />',
    '<property value="@" name="db.password"/>',
    '{"name": "password", "value": "@"}',
    "- name: DB_PASSWORD\n  value: @",
    "IDENTIFIED BY '@'",
    'CREATE USER root IDENTIFIED BY "@";',
    "alter user sys identified by @ container=all;",
    "ALTER USER 'a' IDENTIFIED WITH mysql_native_password BY '@';",
    "CREATE ROLE app WITH LOGIN PASSWORD @;",
    "EXECUTE('CREATE LOGIN x WITH PASSWORD = ''@'' ')",
    "mysql -u root -p@ shop",
    "sshpass -p '@' ssh host",
    "tool --password @ now",
    "tool --password=@ now",
    "openssl req -passin pass:@ -new",
    "tool -CertFilePassword @ -x",
    '"--key-manager-password", "@"',
    "set SMBPass @",
    "curl -u me:@ https://host.internal/",
    "https://me:@~host.internal/x",
    "redis://:@~localhost:6379",
    "url?token=@&x=1",
    "a=b&amp;password=@&amp;c=d",
    "oauth_token=@&oauth_token_secret=none",
    'OAuth oauth_token=\\"@\\", x',
    'password = \\\n    "@"',
    'const token =\n  "@";',
    "machine host\n  login me\n  password: @",
    "define('DB_PASSWORD', '@');",
    'put("password", "@");',
    'setPassword("@")',
    "fill_in :signup_password, with: '@'",
    "set DB_PASSWORD=@",
    "export DB_PASSWORD=@ OTHER=1",
    "password: |\n  @",
    "contrase\xf1a = '@'",
    "senha: @",
    "\u043f\u0430\u0440\u043e\u043b\u044c = '@'",
    "\u5bc6\u7801: '@'",
    "secret2 = '@'",
    "> Consumer Secret: ``@``",
    's:15:"paypal_password";s:16:"@";',
]
DRAWN = [
    'cipher->SetKey("@");',
    "property_set(:jira, :key, '@')",
    "key = unhexlify('@')",
    'var key = []byte("@")',
    'auth: "@",',
    "nkey: @",
    "{nkey : @}",
    "otp = ROTP::TOTP.new('@')",
    "Authorization: Basic @",
    "{ authorization: 'ApiKey @' }",
    'value: "Bearer @"',
    "curl -H 'Authorization: Bearer @' x",
    '{"kty":"oct","kid":"a","k":"@"}',
    "k: '@',\n  kty: 'oct',",
]
NONE = [
    "compass = 'north of here'",
    "bypass: everything",
    'key = "name"',
    "translation_key='pm25_indoor_24h'",
    'author = "somebody2"',
    "keyboard = 'dvorak-3'",
    "login: somebody",
    "digest = 'sha256:0123456789'",
    'password = ""',
    "mkdir -p some/folder",
    "docker run -u 1000:1000 image",
    "http://localhost:8080/path",
    "Authorization: Bearer $TOKEN",
]


@cache
def matcher() -> Matcher:
    return Matcher(load_database("medium"))


def values(text: str) -> list[bytes]:
    data = text.encode()
    return [data[m[1] : m[2]] for m in matcher().matches(data) if m[0].id.startswith("generic-")]


def filled(text: str, value: str) -> str:
    """The first `@` is where the value stands."""
    before, _, after = text.partition("@")
    return f"first line\n{before}{value}{after.replace('~', '@')}\nlast line\n"


@pytest.mark.parametrize("text", CHOSEN)
@pytest.mark.parametrize("value", ["sunny" + "Day" + "42", "tr0u" + "b4dor", "horse" + "radish"])
def test_a_chosen_value_is_a_candidate_with_its_span(text: str, value: str) -> None:
    assert value.encode() in values(filled(text, value))


@pytest.mark.parametrize("text", DRAWN)
@pytest.mark.parametrize("length", [16, 40])
def test_a_drawn_value_under_a_weak_name_is_one(
    text: str, length: int, made: Callable[..., str]
) -> None:
    value = "Q" + made(text, length - 2) + "7"
    assert value.encode() in values(filled(text, value))


@pytest.mark.parametrize("text", NONE)
def test_what_holds_no_value_gives_none(text: str) -> None:
    assert values(f"first line\n{text}\nlast line\n") == []


def test_pieces_of_a_literal_are_one_span() -> None:
    parts = "sunny" + "Day", "tr0u" + "b4dor"
    text = f'password = "{parts[0]}" +\n    "{parts[1]}"'
    assert f'{parts[0]}" +\n    "{parts[1]}'.encode() in values(text)


def test_bytes_in_decimal_are_one_span() -> None:
    numbers = ", ".join(str(n * 13 % 256) for n in range(16))
    assert numbers.encode() in values(f"secret := lorawan.Key{{{numbers}}}\n")
    assert numbers.encode() in values(f"byte[] aesKey = new byte[] {{\n  {numbers}\n}};")


def test_a_quote_or_a_bracket_of_another_kind_stays_inside() -> None:
    value = "5q" + "'" + "jK3d" + "[7"
    assert value.encode() in values(f'password: "{value}"')


@pytest.mark.parametrize(
    "unit", ["a", "password=", '"', "'", 'password="ab" + ', '"kty":"oct",', "key=[1,", "://a:"]
)
def test_a_line_of_one_thing_alone_takes_no_time(unit: str) -> None:
    data = (unit * (200_000 // len(unit))).encode()
    matcher().matches(data)
    assert matcher().slow == []
