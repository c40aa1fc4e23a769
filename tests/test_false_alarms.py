"""Lines of real source trees that were taken for secrets once, and lines that must be found.

Seen in the source distributions of Django, ansible, salt, apache-superset, Home Assistant, moto,
Twisted, buildbot, awscli, mlflow, wagtail, checkov and the standard library.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from scanner.scan import Options, Scanner

CLEAN = [
    ("a/translations/sv.json", '"password": "L\\u00f6senord"'),
    ("a/translations/ja.json", '"api_key": "API \\u30ad\\u30fc"'),
    ("a/translations/de.json", '"totp_secret": "TOTP-Geheimnis"'),
    ("a/messages.po", 'msgstr "mysql://benutzer:passwort@host/db"'),
    ("a/messages.po", 'msgstr "mysql://usuario:contrase\u00f1a@host/db"'),
    ("a/sensor.py", '    key="conditionexact_5d",'),
    ("a/sensor.py", '    translation_key="pm25_indoor_24h_average",'),
    ("a/elb.py", '    Key="access_logs.s3.bucket",'),
    ("a/six.py", 'MovedAttribute("HTTPPasswordMgr", "urllib2", "urllib.request"),'),
    ("a/request.py", '"HTTPPasswordMgr", "HTTPPasswordMgrWithDefaultRealm",'),
    ("a/auth.py", 'password.encode("latin1")'),
    ("a/forms.py", 'self.validate_passwords("new_password1", "new_password2")'),
    ("a/creation.py", "'set_password': 'ALTER USER %(user)s IDENTIFIED BY \"%(password)s\"',"),
    (
        "a/db2.py",
        'connection_string = "db2+ibm_db://{username}:{password}@{host}:{port}/{database}"',
    ),
    ("a/config.py", 'secret = "GOCSPX-YYY"'),
    ("a/gateway.py", 'api_key="sk-xxx"'),
    ("a/list.rst", '"nextPageToken": "AAAAKgAAAAEAAAAAAAAAA1Gp1BelJq"'),
    ("a/fixture.json", '"password": "md5$seasalt$1e9bf2bf5606aa5c39852cc30f0f6f22"'),
    ("a/ci.yml", "    secrets: inherit"),
    ("a/user.yml", "  update_password: on_create"),
    ("a/requires.txt", "bc-detect-secrets==1.5.47"),
    ("a/VERSIONS", "pwd: 3.0-"),
    ("a/serialization.rst", "    password: :term:`bytes-like`"),
    ("a/disk.py", 'token = "UUID=6a38ee5-7235-44e7-8b22-816a403bad5d"'),
    ("a/lexer.py", '_token_terminator = r"(?=\\^?[{_ws}]|[{_punct}{_nl}])"'),
    ("a/views.py", 'PASSWORD_FIELD = "new_password1"'),
    ("a/app.py", "password = get_password()"),
    ("a/app.py", 'password = os.environ["DB_PASSWORD"]'),
    ("a/app.ts", "const token: string = props.token;"),
    ("a/app.js", 'const secret = process.env.SECRET || "changeme";'),
    ("a/x.resx", "PublicKeyToken=b77a5c561934e089"),
    ("a/form.vue", '<el-form-item label="Password" prop="confirmPassword" :class="{ x: y }">'),
    ("docker-compose.yml", "  POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?set POSTGRES_PASSWORD}"),
    ("a/values.yaml", "  password: {{ .Values.password }}"),
    ("a/app.yaml", "password: ref+sops://.unleak/vault.sops.yaml#/PASSWORD"),
    ("a/x.toml", 'rotate = "Settings > App passwords: delete the old one"'),
    ("a/x.sh", "DB_PASS=`awk '{print $1}' $FILE | cut -d = -f2`"),
    ("a/p.json", '"output_token": "Jobs[-1].JobId"'),
    ("a/test_groupadd.py", 'gpasswd("--members")'),
    ("a/pyproject.toml", 'keywords = ["secrets", "security", "scanner"]'),
]
FOUND = [
    ("a/app.py", 'password = "{v}"'),
    ("a/app.py", "    db = connect(host='x', password='{v}')"),
    ("a/app.ts", 'const apiKey: string = "{v}";'),
    ("a/App.java", 'config.setPassword("{v}");'),
    ("a/App.scala", '  password = Some("{v}"),'),
    ("a/app.rb", "  'client_secret' => '{v}',"),
    ("a/app.go", '\tpassword := "{v}"'),
    (".env", "DB_PASSWORD={v}"),
    (".env", "export API_TOKEN='{v}'"),
    ("a/app.yaml", "  password: {v}"),
    ("a/app.yaml", "  - token: '{v}'"),
    ("a/app.json", '{{"db": {{"password": "{v}"}}}}'),
    ("a/app.json", '{{"body": "{{\\"password\\": \\"{v}\\"}}"}}'),
    ("a/app.toml", 'password = "{v}"'),
    ("a/app.ini", "password = {v}"),
    ("a/app.properties", "spring.datasource.password={v}"),
    ("a/web.config", '<add key="ApiKey" value="{v}" />'),
    ("a/app.xml", "<password>{v}</password>"),
    ("a/main.tf", 'password = "{v}"'),
    ("a/x.sql", "CREATE USER app IDENTIFIED BY '{v}';"),
    ("a/x.sh", "mysqldump --password={v} shop"),
    ("a/x.sh", "curl -u admin:{v} https://localhost/"),
    ("a/x.conf", "password    {v}"),
    ("a/notes.md", "    password: {v}"),
    ("docker-compose.yml", "      POSTGRES_PASSWORD: {v}"),
]


@cache
def scanner() -> Scanner:
    return Scanner(Options())


@pytest.mark.parametrize(("path", "line"), CLEAN)
def test_clean_lines_stay_clean(path: str, line: str) -> None:
    found = scanner().scan_data(path, f"first\n{line}\nlast\n".encode())
    assert [(one.rule, one.key, one.score, one.reasons) for one in found] == []


@pytest.mark.parametrize(("path", "line"), FOUND)
@pytest.mark.parametrize("length", [14, 24])
def test_secrets_are_found_with_their_span(
    path: str, line: str, length: int, made: Callable[..., str]
) -> None:
    value = made(f"{path} {line}", length)
    data = f"first\n{line.format(v=value)}\nlast\n".encode()
    found = scanner().scan_data(path, data)
    assert [data[one.start : one.end] for one in found] == [value.encode()]
    assert [one.secret.reveal() for one in found] == [value.encode()]
    assert found[0].line == 2
