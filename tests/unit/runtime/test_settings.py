"""What every program refuses in the same way: databases, addresses, URLs, names, and text that is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.settings import load as load_consumer
from reader.settings import load as load_reader
from runtime.postgres import malformed
from runtime.postgres.url import servers_of
from runtime.settings import SettingsError, malformed_text

CLERK = {"CLERK_ISSUER": "https://clerk.example.com", "CLERK_AUTHORIZED_PARTIES": "https://app.example.com"}
BAD_URLS = (
    "postgresql://h:54x/db",
    "postgresql://h:0/db",
    "postgresql://h:65536/db",
    "host=a,b,c port=1,2",
    "postgresql:///d?hostaddr=nonsense",
    "host=a,b hostaddr=127.0.0.1",
    "hostaddr=127.0.0.1,127.0.0.2 port=1,2,3",
    "postgresql://u@a..b/db",
    f"postgresql://u@{'a' * 64}/db",
    "hello world=",
    "hello",
    "postgresql:///d?sslmode=bogus",
    "postgresql:///d?sslmode=prefer&sslrootcert=system",
    "postgresql:///d?target_session_attrs=any-primary",
    "postgresql:///d?channel_binding=maybe",
    "postgresql:///d?service=nowhere",
    "postgresql:///d?connect_timeout=soon",
    "postgresql:///d?load_balance_hosts=often",
    "postgresql:///d?ssl_min_protocol_version=TLSv9",
    "postgresql://u:sesame/word@h/d",
    "postgresql:///d\n",
    " postgresql:///d",
    "\t",
)
BAD_BINDS = (
    "::1:9108",
    "9108",
    ":9108",
    "h:",
    "h:0",
    "h:65536",
    "h:9x",
    "[::1]9108",
    "[h]:1",
    "u@h:1",
    "h:1/",
    "h h:1",
    "h:٨٠",
)


def refused(environ: dict[str, str], name: str) -> list[str]:
    """What both programs say of one setting; each must refuse it, and name it alone."""
    refusals = []
    for load, other in ((lambda variables: load_consumer(variables, kafka=False), {}), (load_reader, CLERK)):
        with pytest.raises(SettingsError, match=rf"^1 setting\(s\) .*\n  {name}: ") as raised:
            load({**other, **environ})
        refusals.append(str(raised.value))
    return refusals


@pytest.mark.parametrize("url", BAD_URLS)
def test_a_url_that_libpq_would_not_take(url: str) -> None:
    """Refused by each program with the same words, and without the URL's own: it may hold a password."""
    first, second = refused({"DATABASE_URL": url}, "DATABASE_URL")
    assert first == second
    assert "sesame" not in first


@pytest.mark.parametrize("bind", BAD_BINDS)
def test_an_address_that_is_none(bind: str) -> None:
    """The consumer's listener and both of the reader's."""
    for name in ("AUDIT_METRICS_BIND", "AUDIT_READER_BIND", "AUDIT_READER_METRICS_BIND"):
        load = load_reader if "READER" in name else lambda environ: load_consumer(environ, kafka=False)
        with pytest.raises(SettingsError, match=name):
            load({**CLERK, "DATABASE_URL": "postgresql:///audit", name: bind})


def test_an_environment_that_libpq_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables that libpq reads are part of the settings."""
    monkeypatch.setenv("PGSERVICE", "nowhere")
    assert "PGSERVICE" in refused({"DATABASE_URL": "postgresql:///audit"}, "DATABASE_URL")[0]


@pytest.mark.parametrize(
    ("name", "value"), [("PGPORT", "5432x"), ("PGPORT", "1,2"), ("PGHOSTADDR", "nonsense"), ("PGHOST", "a..b")]
)
def test_a_place_that_the_environment_says(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """Where the URL says none, these do; one that it says itself counts alone."""
    monkeypatch.setenv(name, value)
    assert name in refused({"DATABASE_URL": "postgresql:///audit"}, "DATABASE_URL")[0]
    assert malformed("host=127.0.0.1 hostaddr=127.0.0.1 port=1") is None


GOOD_URLS = (
    "host=a,b port=1",
    "host=a,b hostaddr=127.0.0.1,::1 port=1,2",
    "hostaddr=fe80::1%lo,127.0.0.1 port=1,2",
    "host=/tmp,@abstract",
    "postgresql://u@[::1]:5432/db",
    "postgresql://u@db.example./db",
    "postgresql:///db",
)


@pytest.mark.parametrize("url", GOOD_URLS)
def test_a_url_that_libpq_takes(url: str) -> None:
    """Several servers, addresses without names, sockets."""
    assert malformed(url) is None


@pytest.mark.parametrize(
    ("variables", "servers"),
    [
        ({"host": "a,b", "port": "1"}, [{"host": "a", "port": "1"}, {"host": "b", "port": "1"}]),
        ({"host": "a,", "port": "1,2"}, [{"host": "a", "port": "1"}, {"host": "", "port": "2"}]),
        ({"hostaddr": "::1,::2", "port": 3}, [{"hostaddr": "::1", "port": "3"}, {"hostaddr": "::2", "port": "3"}]),
        ({}, [{"host": "c", "port": "7"}, {"host": "d", "port": "7"}]),
    ],
)
def test_servers_of_a_url(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], servers: list[dict[str, str]]
) -> None:
    """One by one; from the environment where the URL says nothing."""
    if not variables:
        monkeypatch.setenv("PGHOST", "c,d")
        monkeypatch.setenv("PGPORT", "7")
    assert servers_of(variables) == servers


@given(st.text())
def test_text_of_a_setting(text: str) -> None:
    """Taken as it is, or refused without being repeated: nothing is cut off in silence."""
    fault = malformed_text(text)
    clean = (
        text == text.strip() and text != "" and not any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in text)
    )
    assert (fault is None) is clean


@pytest.mark.parametrize("text", ["-----BEGIN\nA\n-----END\n", "a\\nb"])
def test_a_pem_has_lines(text: str) -> None:
    """The one kind of value that has."""
    assert malformed_text(text, multiline=True) is None
    assert malformed_text("a\nb\0", multiline=True) is not None
