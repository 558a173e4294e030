"""Settings: defaults, every fault at once, and no secret told."""

import dataclasses
import ipaddress

import pytest

from shared import declaring, settings
from shared.declaring import SettingsError

REQUIRED = {
    "LIMNER_DATABASE_URL": "postgresql://limner:pa55word@db.test/limner",
    "LIMNER_BROKER_URL": "redis://:br0kerword@broker.test/0",
    "LIMNER_STORAGE_URL": "folder:///srv/limner",
    "LIMNER_PUBLIC_URL": "https://media.example.org",
    "LIMNER_SECRET_KEY": "sixteen letters, and sixteen more",
}
SECRETS = {
    **{name: REQUIRED[name] for name in ("LIMNER_DATABASE_URL", "LIMNER_BROKER_URL")},
    "LIMNER_SECRET_KEY": REQUIRED["LIMNER_SECRET_KEY"],
    "LIMNER_S3_SECRET_KEY": "the-secret-of-the-store",
    "LIMNER_FLOWER_PASSWORD": "the-word-of-the-dashboard",
}


def test_what_is_not_set_has_its_default() -> None:
    found = settings.load(REQUIRED)

    assert found.http.port == 8080
    assert found.http.host == "127.0.0.1"
    assert found.storage.links == "api"
    assert found.security.webhook_networks == ()
    assert found.catalog.local_engines == "off"
    assert found.work.slots == 4
    assert found.log.format == "json"


def test_what_is_set_replaces_the_default() -> None:
    found = settings.load(
        REQUIRED | {"LIMNER_PORT": "9000", "LIMNER_SLOTS": "12", "LIMNER_LOG_FORMAT": "text"}
    )

    assert found.database.url == REQUIRED["LIMNER_DATABASE_URL"]
    assert found.http.port == 9000
    assert found.work.slots == 12
    assert found.log.format == "text"


def test_an_empty_variable_counts_as_not_set() -> None:
    found = settings.load(REQUIRED | {"LIMNER_PORT": "", "LIMNER_WEBHOOK_ALLOW_NETWORKS": ""})

    assert found.http.port == 8080
    assert found.security.webhook_networks == ()


def test_only_the_given_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMNER_PORT", "9999")

    found = settings.load(REQUIRED | {"LIMNER_OF_ANOTHER_VERSION": "x", "PATH": "/bin"})

    assert found.http.port == 8080


def test_nothing_is_required_but_what_only_the_operator_can_know() -> None:
    with pytest.raises(SettingsError) as caught:
        settings.load({})

    lines = str(caught.value).splitlines()
    assert [line.partition(":")[0] for line in lines] == list(REQUIRED)
    assert all(": is not set. (" in line for line in lines)


def test_all_faults_are_told_together_each_with_what_the_setting_is_for() -> None:
    faulty = {
        "LIMNER_DATABASE_URL": "",
        "LIMNER_PORT": "eighty",
        "LIMNER_SLOTS": "0",
        "LIMNER_LOG_LEVEL": "LOUD",
        "LIMNER_SECRET_KEY": "short",
        "LIMNER_WEBHOOK_ALLOW_NETWORKS": "everywhere",
    }

    with pytest.raises(SettingsError) as caught:
        settings.load(REQUIRED | faulty)

    lines = dict(line.split(": ", 1) for line in str(caught.value).splitlines())
    assert set(lines) == set(faulty)
    docs = {
        one["variable"]: one["doc"]
        for _, options in declaring.groups(settings.Settings)
        for one in options
    }
    assert all(lines[name].endswith(f"({docs[name]})") for name in faulty)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LIMNER_DATABASE_POOL_SIZE", "0"),
        ("LIMNER_STORAGE_LINKS", "public"),
        ("LIMNER_STORAGE_LINK_SECONDS", "59"),
        ("LIMNER_STORAGE_LINK_SECONDS", "604801"),
        ("LIMNER_S3_ADDRESSING", "wild"),
        ("LIMNER_PUBLIC_URL", "media.example.org"),
        ("LIMNER_PORT", "0"),
        ("LIMNER_PORT", "65536"),
        ("LIMNER_PORT", "80.5"),
        ("LIMNER_FLOWER_PORT", "65536"),
        ("LIMNER_WEB_PROCESSES", "0"),
        ("LIMNER_WEB_THREADS", "1"),
        ("LIMNER_MAX_BODY_BYTES", "10"),
        ("LIMNER_MAX_WAIT_SECONDS", "-1"),
        ("LIMNER_SECRET_KEY", "x" * 31),
        ("LIMNER_LOCAL_ENGINES", "on"),
        ("LIMNER_LEASE_SECONDS", "2"),
        ("LIMNER_MAX_ATTEMPTS", "0"),
        ("LIMNER_STOP_GRACE", "-1"),
        ("LIMNER_WEBHOOK_TIMEOUT", "61"),
        ("LIMNER_WEBHOOK_SLOTS", "0"),
        ("LIMNER_LOG_FORMAT", "xml"),
    ],
)
def test_a_value_that_cannot_work_is_refused_by_its_name(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=rf"\A{variable}: [^\n]+\Z"):
        settings.load(REQUIRED | {variable: value})


def test_networks_are_read_from_a_list() -> None:
    found = settings.load(
        REQUIRED | {"LIMNER_WEBHOOK_ALLOW_NETWORKS": "10.1.0.0/16, fd00::/8,192.0.2.7"}
    )

    assert found.security.webhook_networks == (
        ipaddress.ip_network("10.1.0.0/16"),
        ipaddress.ip_network("fd00::/8"),
        ipaddress.ip_network("192.0.2.7/32"),
    )


@pytest.mark.parametrize("text", ["10.0.0.0/33", "10.0.0.1/8", "localhost", "10.0.0.0/8,", ","])
def test_a_faulty_network_is_answered_with_how_to_write_one(text: str) -> None:
    with pytest.raises(SettingsError, match=r"Write it as 10\.0\.0\.0/8,fd00::/8"):
        settings.load(REQUIRED | {"LIMNER_WEBHOOK_ALLOW_NETWORKS": text})


@pytest.mark.parametrize("variable", SECRETS)
def test_a_secret_is_kept_and_never_shown(variable: str) -> None:
    found = settings.load(REQUIRED | SECRETS)

    assert SECRETS[variable] in str(dataclasses.asdict(found))
    assert SECRETS[variable] not in repr(found)


def test_a_secret_with_a_fault_is_not_repeated_in_the_message() -> None:
    with pytest.raises(SettingsError) as caught:
        settings.load(REQUIRED | {"LIMNER_SECRET_KEY": "hunter2"})

    assert "hunter2" not in str(caught.value)


def test_settings_do_not_change_once_they_are_read() -> None:
    found = settings.load(REQUIRED)

    with pytest.raises(dataclasses.FrozenInstanceError):
        found.http.port = 1  # type: ignore[misc]


def test_every_setting_has_a_variable_of_its_own_and_says_what_it_is_for() -> None:
    declared = [one for _, options in declaring.groups(settings.Settings) for one in options]
    variables = [one["variable"] for one in declared]

    assert len(set(variables)) == len(variables)
    assert all(name.startswith("LIMNER_") for name in variables)
    assert all(one["doc"].endswith(".") for one in declared)
