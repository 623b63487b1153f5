"""The reader's settings: one message names all that is wrong, deploy/env.example lists what there is, and none opens a door."""

import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from reader.auth.jwks import GivenKey
from reader.settings import Settings, SettingsError, load

GOOD = {
    "DATABASE_URL": "postgresql:///audit",
    "CLERK_ISSUER": "https://clerk.example.com",
    "CLERK_AUTHORIZED_PARTIES": "https://app.example.com",
}
EXAMPLE = Path(__file__).parents[3] / "deploy" / "env.example"
# Every switch that there is, and what it is when nobody sets it. A new one is a reason to read this test.
DEFAULTS: dict[str, object] = {
    "bind": ("127.0.0.1", 8000), "metrics_bind": None, "hosts": ("localhost", "127.0.0.1"), "jwt_key": None, "jwks_url": None,
    "sign_in_url": None, "export_contact": None, "missing_azp": frozenset(), "log_format": "console",
}  # fmt: skip


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


KEY = pem(rsa.generate_private_key(65537, 2048))


def example_settings() -> dict[str, str]:
    """The settings of the reader's part of deploy/env.example, commented out or not."""
    part = EXAMPLE.read_text().partition("# --- audit-reader")[2].partition("\n# --- ")[0]
    return dict(re.findall(r"^#?([A-Z][A-Z_]+)=(.*)$", part, re.MULTILINE))


def test_example_lists_every_setting_and_no_other() -> None:
    """deploy/env.example and the program know the same names."""
    assert set(example_settings()) == {field.alias for field in Settings.model_fields.values()}


def test_example_is_loaded_as_it_stands() -> None:
    """Every line is accepted, and those that claim to show a default do."""
    loaded, default = load(example_settings()), load(GOOD)
    for name in ("bind", "hosts", "log_format"):
        assert getattr(loaded, name) == getattr(default, name), name
    assert loaded.jwks_url == f"{loaded.issuer}/.well-known/jwks.json"


def test_every_default_is_the_strict_one() -> None:
    """What is not set opens nothing."""
    default = load(GOOD)
    assert {name: getattr(default, name) for name in DEFAULTS} == DEFAULTS
    assert set(Settings.model_fields) == {*DEFAULTS, "database_url", "issuer", "authorized_parties"}


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "  "),
        ("CLERK_ISSUER", ""),
        ("CLERK_ISSUER", "http://clerk.example.com"),
        ("CLERK_ISSUER", "http://127.0.0.1:9000"),
        ("CLERK_ISSUER", "http://localhost"),
        ("CLERK_ISSUER", "HTTP://clerk.example.com"),
        ("CLERK_ISSUER", "clerk.example.com"),
        ("CLERK_ISSUER", "https://"),
        ("CLERK_ISSUER", "https://clerk.example.com/"),
        ("CLERK_ISSUER", "file:///etc/passwd"),
        ("CLERK_AUTHORIZED_PARTIES", ""),
        ("CLERK_AUTHORIZED_PARTIES", " , "),
        ("CLERK_AUTHORIZED_PARTIES", "*"),
        ("CLERK_AUTHORIZED_PARTIES", "app.example.com"),
        ("CLERK_AUTHORIZED_PARTIES", "http://app.example.com"),
        ("CLERK_AUTHORIZED_PARTIES", "https://app.example.com/"),
        ("CLERK_AUTHORIZED_PARTIES", "https://app.example.com/x"),
        ("CLERK_AUTHORIZED_PARTIES", "https://app.example.com,http://localhost:3000"),
        ("CLERK_JWT_KEY", "x"),
        ("CLERK_JWT_KEY", KEY.replace("A", "B", 3)[:200]),
        ("CLERK_JWT_KEY", pem(ec.generate_private_key(ec.SECP256R1()))),
        ("CLERK_JWT_KEY", pem(rsa.generate_private_key(65537, 1024))),  # noqa: S505 that is the point
        ("CLERK_JWKS_URL", "http://clerk.example.com/jwks"),
        ("CLERK_JWKS_URL", "http://127.0.0.1.example.com/jwks"),
        ("CLERK_JWKS_URL", "http://localhost.example.com/jwks"),
        ("CLERK_JWKS_URL", "file:///etc/passwd"),
        ("CLERK_JWKS_URL", "x"),
        ("CLERK_SIGN_IN_URL", "javascript:alert(1)"),
        ("CLERK_SIGN_IN_URL", "http://app.example.com"),
        ("CLERK_SIGN_IN_URL", "/sign-in"),
        ("AUDIT_READER_BIND", "8000"),
        ("AUDIT_READER_BIND", "0.0.0.0:"),
        ("AUDIT_READER_BIND", "0.0.0.0:٨٠"),
        ("AUDIT_READER_BIND", "0.0.0.0:65536"),
        ("AUDIT_READER_METRICS_BIND", ":9109"),
        ("AUDIT_READER_HOSTS", ","),
        ("AUDIT_READER_HOSTS", "*"),
        ("AUDIT_READER_HOSTS", "App.example.com"),
        ("AUDIT_READER_HOSTS", "app.example.com:443"),
        ("AUDIT_READER_HOSTS", "https://app.example.com"),
        ("AUDIT_EXPORT_CONTACT", "security"),
        ("AUDIT_ALLOW_MISSING_AZP", "perhaps"),
        ("AUDIT_ALLOW_MISSING_AZP", "bearer,header"),
        ("AUDIT_ALLOW_MISSING_AZP", "cookie,cookie"),
        ("AUDIT_ALLOW_MISSING_AZP", ","),
        ("AUDIT_READER_METRICS_BIND", "::1:9108"),
        ("DATABASE_URL", "postgresql://h:54x/db"),
        ("DATABASE_URL", "hello world="),
        ("DATABASE_URL", "postgresql:///d?sslmode=bogus"),
        ("DATABASE_URL", "postgresql:///audit\n"),
        ("CLERK_ISSUER", "https://clerk.example.com\n"),
        ("CLERK_ISSUER", "https://clerk.example.com:99999999"),
        ("AUDIT_LOG_FORMAT", "xml"),
    ],
)
def test_bad_value_is_refused_by_name(name: str, bad: str) -> None:
    """Each bad value alone is refused, and its setting is named, and a key is not shown."""
    with pytest.raises(SettingsError, match=rf"^1 setting\(s\) .*\n  {name}: ") as raised:
        load({**GOOD, name: bad})
    assert "BEGIN PUBLIC KEY" not in str(raised.value)


def test_all_that_is_wrong_is_in_one_message() -> None:
    """Nothing has to be corrected twice."""
    bad = {
        "AUDIT_LOG_FORMAT": "x",
        "AUDIT_READER_BIND": "x",
        "CLERK_JWT_KEY": KEY,
        "CLERK_JWKS_URL": "https://a.example",
    }
    with pytest.raises(SettingsError) as raised:
        load(bad)
    for name in (*GOOD, "AUDIT_LOG_FORMAT", "AUDIT_READER_BIND", "CLERK_JWKS_URL"):
        assert f"\n  {name}: " in str(raised.value)
    assert "give one of them" in str(raised.value)


def test_a_key_may_be_one_line() -> None:
    r"""Where an environment has no line feeds, \n stands for them."""
    joined = KEY.replace("\n", "\\n")
    assert load({**GOOD, "CLERK_JWT_KEY": joined}).jwt_key == joined
    assert GivenKey(joined).find(None).public_numbers() == GivenKey(KEY).find(None).public_numbers()


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("bearer", {"bearer"}),
        ("cookie", {"cookie"}),
        ("Cookie, bearer", {"bearer", "cookie"}),
        ("true", {"bearer"}),
        ("false", set()),
    ],
)
def test_kinds_of_tokens_without_azp(text: str, kinds: set[str]) -> None:
    """Each kind is named; `true` goes on meaning what it meant, and a cookie is never meant by it."""
    loaded = load({**GOOD, "AUDIT_ALLOW_MISSING_AZP": text})
    assert loaded.missing_azp == kinds
    assert loaded.allow_missing_azp is ("bearer" in kinds)


def test_plain_http_is_for_loopback() -> None:
    """For published keys alone: a sidecar may bring them."""
    for url in ("http://127.0.0.1:9000/jwks", "http://[::1]/jwks", "http://localhost/jwks"):
        assert load({**GOOD, "CLERK_JWKS_URL": url}).jwks_url == url


def test_password_is_not_shown() -> None:
    """Settings can be printed without giving the database's password away."""
    loaded = load({**GOOD, "DATABASE_URL": "postgresql://u:sesame@h/d"})
    assert "sesame" not in f"{loaded!r} {loaded}"
