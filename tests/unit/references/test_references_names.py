import itertools

import pytest

from scanner.references.names import (
    LIMIT,
    Wish,
    distinct_names,
    env_name,
    is_env_name,
    is_reserved,
)


@pytest.mark.parametrize(
    ("key_path", "hint", "name"),
    [
        (("spring", "dataSource", "password"), "", "SPRING_DATA_SOURCE_PASSWORD"),
        (("services", "web", "environment", "DB_PASSWORD"), "", "DB_PASSWORD"),
        (("DB_PASSWORD",), "", "DB_PASSWORD"),
        (("token",), "github", "GITHUB_TOKEN"),
        (("apiKey",), "", "API_KEY"),
        (("myAPIKeyV2",), "", "MY_API_KEY_V2"),
        (("db", "db_password"), "", "DB_PASSWORD"),
        (("users", "0", "password"), "", "USERS_0_PASSWORD"),
        (("users", "1", "password"), "", "USERS_1_PASSWORD"),
        (("//registry.npmjs.org/:_authToken",), "", "REGISTRY_NPMJS_ORG_AUTH_TOKEN"),
        ((), "", "SECRET"),
        ((), "stripe", "STRIPE_SECRET"),
        (("", "--"), "", "SECRET"),
        (("2fa",), "", "_2FA"),
        (("PATH",), "", "PATH_SECRET"),
        (("LD_PRELOAD",), "", "SECRET_LD_PRELOAD"),
        (("café",), "", "CAFE"),
    ],
)
def test_env_name(key_path, hint, name):
    assert env_name(key_path, hint) == name


def test_letters_of_other_scripts_stay_apart():
    first, second = env_name(("ключ",)), env_name(("пароль",))
    assert first != second
    assert is_env_name(first)
    assert is_env_name(second)


def test_long_names_are_cut_with_a_hash():
    first = env_name(("a" * 100, "password"))
    second = env_name(("a" * 99 + "b", "password"))
    assert len(first) <= LIMIT
    assert first != second
    assert "PASSWORD" in first
    assert env_name(("a" * 100, "password")) == first


def test_reserved_names_are_never_given():
    for name in ("PATH", "LD_LIBRARY_PATH", "BASH_ENV", "NODE_OPTIONS", "DYLD_INSERT_LIBRARIES"):
        assert is_reserved(name)
        assert not is_reserved(env_name((name,)))


def wish(value, path, *key_path):
    return Wish(value, path, key_path)


def test_one_value_one_name():
    wishes = [
        wish(b"1", ".env", "DB_PASSWORD"),
        wish(b"1", "app.yaml", "database", "password"),
        wish(b"1", "b.env", "DB_PASSWORD"),
    ]
    assert distinct_names(wishes) == ["DB_PASSWORD"] * 3


def test_several_values_become_distinct_names():
    wishes = [
        wish(b"1", ".env", "DB_PASSWORD"),
        wish(b"2", ".env.production", "DB_PASSWORD"),
        wish(b"3", "web/.env", "DB_PASSWORD"),
        wish(b"4", "x/web/.env", "DB_PASSWORD"),
        wish(b"5", "config/dev.yaml", "db", "password"),
    ]
    assert distinct_names(wishes) == [
        "DB_PASSWORD",
        "DB_PASSWORD_PRODUCTION",
        "DB_PASSWORD_WEB",
        "DB_PASSWORD_2",
        "DB_PASSWORD_DEV",
    ]


def test_order_does_not_matter():
    wishes = [
        wish(b"1", ".env", "DB_PASSWORD"),
        wish(b"2", ".env.production", "DB_PASSWORD"),
        wish(b"3", "web/.env", "DB_PASSWORD"),
        wish(b"1", "z.yaml", "password"),
    ]
    expected = dict(zip(wishes, distinct_names(wishes), strict=True))
    for shuffled in itertools.permutations(wishes):
        assert dict(zip(shuffled, distinct_names(shuffled), strict=True)) == expected


def test_an_existing_entry_with_the_same_value_is_used():
    taken = {"OLD_NAME": b"1", "DB_PASSWORD": b"2"}
    wishes = [wish(b"1", ".env", "DB_PASSWORD"), wish(b"2", "b.env", "DB_PASSWORD")]
    assert distinct_names(wishes, taken) == ["OLD_NAME", "DB_PASSWORD"]


def test_an_existing_entry_with_another_value_is_never_taken():
    taken = {"DB_PASSWORD": b"9", "DB_PASSWORD_2": b"8"}
    assert distinct_names([wish(b"1", ".env", "DB_PASSWORD")], taken) == ["DB_PASSWORD_3"]
