"""FIGPROOF_STORE: what it may say, and that its password is never shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from figproof.errors import FigproofError
from figproof.store.address import Address, parse_address, store_setting, without_credentials
from figproof.store.folder import StoreFolder

SECRET = "s3cr3t"


def test_an_address_is_shown_without_user_and_password() -> None:
    address = parse_address(f"mongodb://alice:{SECRET}@db.example.org:27018/lab?authSource=admin")

    assert str(address) == "mongodb://db.example.org:27018/lab"
    assert SECRET not in repr(address)
    assert "alice" not in repr(address)
    assert address.database == "lab"


def test_port_and_database_have_the_documented_defaults() -> None:
    assert str(parse_address("mongodb://db")) == "mongodb://db:27017/sacred"


def test_all_hosts_of_a_replica_set_are_shown() -> None:
    address = parse_address("mongodb://a:1,b:2/lab?replicaSet=r")

    assert str(address) == "mongodb://a:1,b:2/lab"


@pytest.mark.parametrize(
    "value",
    [
        "",
        f"postgres://u:{SECRET}@h/db",
        f"mongodb://u:{SECRET}@ss@h:1:2/db",
        f"mongodb://u:{SECRET}@h:99999999/db",
        f"mongodb://u:{SECRET}@/db",
        f"mongodb://u:{SECRET}@h/db.runs",
        f"mongodb://u:{SECRET}%zz@h/$x y",
        f"mongodb+srv://u:{SECRET}@h/db",
        "embedded:",
        f"u:{SECRET}@h/db",
    ],
)
def test_a_wrong_value_is_refused_with_what_is_allowed_and_without_its_password(value: str) -> None:
    with pytest.raises(FigproofError) as caught:
        store_setting(Path("/p"), {"FIGPROOF_STORE": value})

    assert str(caught.value).startswith("FIGPROOF_STORE: ")
    assert "Allowed: mongodb://user:password@host:port/database" in str(caught.value)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("embeded:.figproof/store", "did you mean embedded: at the start?"),
        ("Embedded:x", "did you mean embedded: at the start?"),
        (f"mongo://u:{SECRET}@h/db", "did you mean mongodb:// at the start?"),
        (f"mongodb+srv://u:{SECRET}@h/db", "give the hosts themselves"),
        (f"u:{SECRET}@h/db", "write : / @ % in the user name"),
    ],
)
def test_a_mistyped_scheme_is_answered_with_the_nearest(value: str, hint: str) -> None:
    with pytest.raises(FigproofError) as caught:
        store_setting(Path("/p"), {"FIGPROOF_STORE": value})
    assert (caught.value.hint or "").startswith(hint)
    assert SECRET not in str(caught.value)


def test_without_the_variable_the_store_is_in_the_project() -> None:
    assert store_setting(Path("/p"), {}) == StoreFolder(Path("/p/.figproof/store"))


def test_an_embedded_store_can_have_another_folder() -> None:
    assert store_setting(Path("/p"), {"FIGPROOF_STORE": "embedded:x/y"}) == StoreFolder(Path("/p/x/y"))


def test_a_server_is_taken_from_the_variable() -> None:
    assert isinstance(store_setting(Path("/p"), {"FIGPROOF_STORE": "mongodb://h/d"}), Address)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("https://user:tok@github.com/a/b", "https://redacted@github.com/a/b"),
        ("--mongo_db=mongodb://u:p@h:1/d and x", "--mongo_db=mongodb://redacted@h:1/d and x"),
        ("https://github.com/a/b@v1", "https://github.com/a/b@v1"),
        ("mail a@b.c", "mail a@b.c"),
    ],
)
def test_credentials_are_taken_out_of_urls_and_nothing_else_is(text: str, cleaned: str) -> None:
    assert without_credentials(text) == cleaned


@given(st.text())
def test_taking_credentials_out_twice_changes_nothing(text: str) -> None:
    once = without_credentials(f"http://{text}@h")

    assert without_credentials(once) == once


@pytest.mark.parametrize(
    "text, clean",
    [
        ("https://user:p@ss@host/x", "https://redacted@host/x"),
        ("https://user:pa/ss@host", "https://redacted@host"),
        ("see http://host:8080/a@b", "see http://host:8080/a@b"),
        ("https://site.org/@name", "https://site.org/@name"),
    ],
)
def test_a_password_with_odd_letters_is_redacted_and_a_path_stays(text, clean):
    assert without_credentials(text) == clean
