"""The reader's settings: one message names all that is wrong, deploy/env.example lists all settings, and none weakens access control."""

import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from catalog.cells import WHOLE, Cell
from reader.auth.jwks import StaticKey
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
    "sign_in_url": None, "export_contact": None, "allow_missing_azp": frozenset(), "log_format": "console",
    "publishable_key": None, "frontend_api_url": None,
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


def test_example_is_loaded_unchanged() -> None:
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
        ("AUDIT_READER_HOSTS", "app..example.com"),
        ("AUDIT_READER_HOSTS", "[:::]"),
        ("AUDIT_READER_HOSTS", "[127.0.0.1]"),
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
    assert StaticKey(joined).find(None).public_numbers() == StaticKey(KEY).find(None).public_numbers()


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
    assert loaded.allow_missing_azp == kinds


def test_plain_http_is_for_loopback() -> None:
    """For published keys alone: a sidecar may bring them."""
    for url in ("http://127.0.0.1:9000/jwks", "http://[::1]/jwks", "http://localhost/jwks"):
        assert load({**GOOD, "CLERK_JWKS_URL": url}).jwks_url == url


def test_password_is_not_shown() -> None:
    """Settings can be printed without giving the database's password away."""
    loaded = load({**GOOD, "DATABASE_URL": "postgresql://u:sesame@h/d"})
    assert "sesame" not in f"{loaded!r} {loaded}"


# --- sessions

LIVE = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k"  # of clerk.example.com
TEST = "pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk"  # of foo-bar-13.clerk.accounts.dev


def test_sessions_are_renewed_where_the_issuer_is_unless_said_otherwise() -> None:
    """Clerk's issuer is its Frontend API; a proxy in front of it has an address of its own."""
    assert load(GOOD).renewal.frontend_api == "https://clerk.example.com"
    proxy = {"CLERK_FRONTEND_API_URL": "https://app.example.com/__clerk"}
    assert load(GOOD | proxy).renewal.frontend_api == "https://app.example.com/__clerk"


def test_a_development_instance_is_not_renewed_from() -> None:
    """Its way back would hand sessions on in addresses."""
    issuer = {"CLERK_ISSUER": "https://foo-bar-13.clerk.accounts.dev"}
    assert load(GOOD | issuer).renewal.frontend_api is None
    assert load(GOOD | issuer | {"CLERK_PUBLISHABLE_KEY": TEST}).renewal.frontend_api is None


def test_a_publishable_key_names_the_cookies() -> None:
    """By its suffix, which `openssl dgst -sha1` and base64 make of it as well; without a key, the plain names."""
    assert load(GOOD).renewal.names.of("__session") == ("__session",)
    named = load(GOOD | {"CLERK_PUBLISHABLE_KEY": LIVE}).renewal.names
    assert named.of("__session") == ("__session_naoXFJnI", "__session")


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("sk_live_abc", "is not a publishable key"), ("pk_live_?", "is not a publishable key"), ("pk_live_abc", "is not a publishable key: it does not hold the host"),
        ("pk_live_Y2xlcmsuZXhhbXBsZS5jb20", "is not a publishable key: it does not hold the host"), ("pk_live_4pyT", "is not a publishable key: it does not hold the host"), (LIVE + "\n", "has a line feed"),
        (TEST, "is of foo-bar-13.clerk.accounts.dev"), ("pk_live_Y2xlcmsub3RoZXIuZXhhbXBsZSQ", "is of clerk.other.example"),
    ],
)  # fmt: skip
def test_a_publishable_key_of_another_instance_is_refused(key: str, says: str) -> None:
    """Whoever mistypes it, or gives the secret one, gets an error; the key itself is not repeated."""
    with pytest.raises(SettingsError, match=f"CLERK_PUBLISHABLE_KEY: {says}") as refused:
        load(GOOD | {"CLERK_PUBLISHABLE_KEY": key})
    assert key.strip() not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [("true", {"bearer"}), ("True", {"bearer"}), ("false", set()), ("bearer", {"bearer"}), ("cookie", {"cookie"}), ("cookie, bearer", {"bearer", "cookie"})],
)  # fmt: skip
def test_kinds_of_token_that_may_lack_azp(text: str, kinds: set[str]) -> None:
    """Each by its word; `true` is what the setting said before there were kinds."""
    assert load(GOOD | {"AUDIT_ALLOW_MISSING_AZP": text}).allow_missing_azp == kinds


@pytest.mark.parametrize("text", ["yes", "1", ",", "bearer;cookie", "cookies", "true,cookie", "*"])
def test_a_kind_that_there_is_not_is_refused(text: str) -> None:
    """A word that is not understood opens nothing."""
    with pytest.raises(SettingsError, match="AUDIT_ALLOW_MISSING_AZP: use bearer, cookie or both"):
        load(GOOD | {"AUDIT_ALLOW_MISSING_AZP": text})


TWO = "1/2=postgresql://u:sesame@h1/d 2/2=postgresql://u:sesame@h2/d?options=-c%20x%3Dy"


def test_databases_of_cells() -> None:
    """Each behind its cell; one database is all of them."""
    assert load(GOOD).databases == {WHOLE: "postgresql:///audit"}
    databases = load({**GOOD, "DATABASE_URL": TWO}).databases
    assert list(databases) == [Cell(1, 2), Cell(2, 2)]
    assert databases[Cell(2, 2)].endswith("options=-c%20x%3Dy")
    assert load({**GOOD, "DATABASE_URL": "1/2=dbname=a 3/4=dbname=b 4/4=dbname=c"}).databases[Cell(4, 4)] == "dbname=c"


@pytest.mark.parametrize(
    ("urls", "text"),
    [
        ("1/2=postgresql://u:sesame@h1/d", "no cell has the keys from 1/2 to 1 of all hashes"),
        (f"{TWO} 1/1=dbname=x", "cell 2/2 has keys that another cell has as well"),
        (f"{TWO} 2/2=dbname=x", "names cell 2/2 twice"),
        (f"{TWO} postgresql://sesame", "use i/n=URL for each cell"),
        ("1/2=postgresql://h:54x/sesame 2/2=dbname=x", "cell 1/2: "),
        ("0/2=dbname=sesame", "use i/n, the cell's number"),
    ],
)
def test_databases_that_do_not_share_the_workspaces_are_refused(urls: str, text: str) -> None:
    """Without a word of a URL."""
    with pytest.raises(SettingsError, match="DATABASE_URL: ") as refused:
        load({**GOOD, "DATABASE_URL": urls})
    assert text in str(refused.value)
    assert "sesame" not in str(refused.value)
