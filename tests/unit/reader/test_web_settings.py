"""Settings that would be accepted and then not work are refused at start, with the form that is expected."""

import pytest

from reader.settings import SettingsError, load
from tests.unit.reader.test_settings import GOOD

BAD_ORIGINS = [
    "https://App.example.com", "https://app.example.com:443", "https://app.example.com:", "https://app.example.com:99999",
    "https://app.example.com:0", "https://app.example.com:08443", "https://*", "https://*.example.com", "https://app.ex\u00e4mple.com",
    "https://\uff41pp.example.com", "https://app .example.com", "https://app..example.com", "https://.example.com",
    "https://app.example.com.", f"https://{'a' * 64}.example.com", "https://127.1", "https://010.0.0.1", "https://app.0x7f",
    "https://[::0001]", "https://[::1", "https://[fe80::1%eth0]", "https://", "https://app.example.com?", "https://app.example.com#",
    "https://app.example.com\\", "https://app%2eexample.com", "HTTPS://app.example.com", "http://app.example.com", "null",
]  # fmt: skip


@pytest.mark.parametrize("origin", BAD_ORIGINS)
def test_an_origin_that_no_browser_sends_is_refused(origin: str) -> None:
    """An azp is compared letter by letter, so every admin would get 401; one sentence says what it has to be."""
    form = "an origin as browsers send it: https:// and the host in lower case and ASCII"
    with pytest.raises(SettingsError, match=f"\n  CLERK_AUTHORIZED_PARTIES: .* is not {form}") as refused:
        load({**GOOD, "CLERK_AUTHORIZED_PARTIES": f"https://app.example.com, {origin}"})
    assert len(str(refused.value).splitlines()) == 2


@pytest.mark.parametrize("origin", ["https://user:sesame@app.example.com", "https://user:sesame,x@app.example.com"])
def test_a_password_in_an_origin_is_not_repeated(origin: str) -> None:
    """Also where it has a comma, which separates origins."""
    with pytest.raises(SettingsError, match=r"CLERK_AUTHORIZED_PARTIES: .* an origin as browsers send it") as refused:
        load({**GOOD, "CLERK_AUTHORIZED_PARTIES": origin})
    assert "sesame" not in str(refused.value)


@pytest.mark.parametrize(
    "origin",
    [
        "https://app.example.com", "https://app.example.com:8443", "https://xn--exmple-cua.com", "https://my_app.example.com",
        "https://localhost:3000", "https://127.0.0.1:65535", "https://[::1]", "https://[2001:db8::1]:8443", "https://1a.example",
    ],
)  # fmt: skip
def test_an_origin_that_browsers_send_is_accepted(origin: str) -> None:
    """As it is written."""
    assert load({**GOOD, "CLERK_AUTHORIZED_PARTIES": origin}).authorized_parties == (origin,)


@pytest.mark.parametrize(
    "address", ["a@x.io", "Sec.Team+audit@mail.example.com", "m\u00fcller@b\u00fccher.example", "o'neil@x-y.io"]
)
def test_a_contact_is_an_address(address: str) -> None:
    """One that needs no encoding behind `mailto:`."""
    assert load({**GOOD, "AUDIT_EXPORT_CONTACT": address}).export_contact == address


@pytest.mark.parametrize(
    "address",
    [
        "mailto:a@x.io", "Audit<a@x.io>", "<a@x.io>", "a@x.io?subject=x", "a?cc=b@x.io", "a&b@x.io", "a%20b@x.io", '"a"@x.io', "a@x.io,b@x.io",
        "a@x..io", "a@.x.io", "a@x.io.", ".a@x.io", "a.@x.io", "a..b@x.io", "a@x.io>", "a@x.io/x", "a@x", "a@[::1.2]", f"a@{'x' * 64}.io",
    ],
)  # fmt: skip
def test_what_is_more_or_less_than_an_address_is_refused(address: str) -> None:
    """The page puts `mailto:` before it."""
    with pytest.raises(SettingsError, match="AUDIT_EXPORT_CONTACT: is not an e-mail address alone, such as"):
        load({**GOOD, "AUDIT_EXPORT_CONTACT": address})


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("CLERK_ISSUER", "https://clerk.example.com?"),
        ("CLERK_ISSUER", "https://clerk.example.com?a=b"),
        ("CLERK_ISSUER", "https://clerk.example.com#"),
        ("CLERK_ISSUER", "https://clerk.example.com#a"),
        ("CLERK_FRONTEND_API_URL", "https://clerk.example.com/x?a=b"),
        ("CLERK_FRONTEND_API_URL", "https://clerk.example.com/x#"),
        ("CLERK_JWKS_URL", "https://clerk.example.com/jwks#a"),
        ("CLERK_JWKS_URL", "https://clerk.example.com/jwks#"),
    ],
)
def test_a_url_that_is_made_longer_has_no_end_of_its_own(name: str, url: str) -> None:
    """Behind a query or a fragment a path would be part of it, and a fragment is not sent."""
    with pytest.raises(SettingsError, match=rf"^1 setting\(s\) .*\n  {name}: must have no "):
        load({**GOOD, name: url})
    assert load({**GOOD, "CLERK_JWKS_URL": "https://clerk.example.com/jwks?v=1"}).jwks_url
