"""References and placeholders are told from values; both ways."""

from __future__ import annotations

import random
import string

import pytest

from scanner.engine.harmless import placeholder, reference, well_known_default

REFERENCES = [
    "${DB_PASSWORD}", "$DB_PASSWORD", "{{ vault_password }}", "{{password}}", "%DB_PASSWORD%", "<password>",
    "$(cat /run/secret)", "os.environ['X']", "process.env.TOKEN", "System.getenv(\"X\")", "ENV[\"TOKEN\"]",
    "ref+sops://.unleak/vault.sops.yaml#/NAME", "ref+vault://secret/data/app#/key", "vault:secret/data/app#key",
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app", "op://vault/item/field", "ENC[AES256_GCM,data:x]",
    "!vault |", "secretKeyRef", "${DB_PASSWORD:?set DB_PASSWORD}", "%(password)s", "@Microsoft.KeyVault(SecretUri=x)",
    "{{resolve:secretsmanager:app:SecretString:password}}", "#{configuration.password}", "{password}",
    "postgres://{user}:{password}@host", "/run/secrets/db", "~/.ssh/id_rsa", "./key.pem", "projects/p/secrets/s",
    "<%= ENV['X'] %>", "$ENV{TOKEN}", "[your token]", "__TOKEN__",
]  # fmt: skip
PLACEHOLDERS = [
    "changeme", "change-me", "CHANGE_ME_PLEASE", "xxxxxxxx", "XXXX", "********", "your-api-key", "YOUR_TOKEN_HERE",
    "example", "placeholder", "insert-your-key", "replace_me", "redacted", "dummy-value", "none", "null", "true",
    "string", "api_key_here", "my-secret-key", "0000000000", "abcdefghijk", "some-secret", "inherit", "todo",
]  # fmt: skip


@pytest.mark.parametrize("value", REFERENCES)
def test_references(value: str) -> None:
    assert reference(value.encode()) == "reference"


@pytest.mark.parametrize(
    "value", ["settings.PASSWORD", "get_password()", "self.token", "cfg->password", "A::B"]
)
def test_expressions(value: str) -> None:
    assert reference(value.encode()) == "expression"


@pytest.mark.parametrize("value", PLACEHOLDERS)
def test_placeholders(value: str) -> None:
    assert placeholder(value.encode()) == "placeholder"


def test_other_harmless_shapes() -> None:
    assert placeholder(b"3f2504e0-4f89-11d3-9a0c-0305e82c3301") == "uuid"
    assert placeholder(b"2024-01-31") == "version or date"
    assert placeholder(b"v1.22.3") == "version or date"
    assert placeholder(b"#ffaa00") == "colour"


@pytest.mark.parametrize("seed", range(200))
def test_random_values_are_neither(seed: int) -> None:
    chance = random.Random(seed)
    value = "".join(chance.choice(string.ascii_letters + string.digits) for _ in range(20)).encode()
    assert reference(value) == ""
    assert placeholder(value) == ""


@pytest.mark.parametrize(
    "value", ["Tr0ub4dor" + "&3", "kJ8#mP" + "2$vL", "p4$$" + "word!7", "a$b" + "c9!x"]
)
def test_passwords_with_odd_characters_are_values(value: str) -> None:
    assert reference(value.encode()) == ""
    assert placeholder(value.encode()) == ""


def test_defaults() -> None:
    assert well_known_default(b"Postgres")
    assert not well_known_default(b"postgres-7hq")


@pytest.mark.parametrize(
    ("value", "why"), [("[a-z0-9]+", "pattern"), ("x[^/]*", "pattern"), ("k[^8Lq2!" + "vT", "")]
)
def test_an_expression_is_told_from_a_password_with_its_signs(value: str, why: str) -> None:
    assert placeholder(value.encode()) == why
