"""Settings: the one place that names what the environment may say to the reader (SPEC 6), and refuses what it may not.

`load(environ)` takes the environment as an argument; nothing below the command reads it.
"""

import ipaddress
import re
from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from catalog.cells import WHOLE, Cell, coverage_faults, parse_cell
from reader.auth import origins
from reader.auth.clerk_instance import frontend_host, is_development
from reader.auth.jwks import StaticKey
from reader.auth.renewal import RenewalRules
from reader.auth.request_cookies import CookieNames, cookie_suffix
from runtime import settings
from runtime.host_port import is_name
from runtime.settings import BindAddress, Names, SettingsError

__all__ = ["Settings", "SettingsError", "load"]

CELL_URL = re.compile(r"[0-9]+/[0-9]+=")
TOKEN_KINDS = frozenset({"bearer", "cookie"})
# What a page can put behind `mailto:` as it is (RFC 6068): without signs that it would have to encode, and without quotes.
EMAIL = re.compile(r"[\w!$'*+~-]+(\.[\w!$'*+~-]+)*@(?P<host>[\w-]+(\.[\w-]+)+)")


def _hosts(hosts: tuple[str, ...]) -> tuple[str, ...]:
    if not hosts:
        raise ValueError("names no host")
    for host in hosts:
        if not origins.is_host(host):
            raise ValueError(f"{host!r} is not a host name in lower case, without scheme and port")
    return hosts


def _issuer(url: str) -> str:
    if url.endswith("/"):
        raise ValueError("must be as the tokens' iss says it, without a slash at the end")
    return settings.base_url(url)


def _jwks(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise ValueError("must be an https URL (plain http only on loopback)")
    if "#" in url:
        raise ValueError("must have no #: what is behind it would not be sent")
    return url


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _email(text: str) -> str:
    match = EMAIL.fullmatch(text)
    if match is None or not is_name(match["host"]):
        raise ValueError("is not an e-mail address alone, such as security@example.com, without mailto: or a name")
    return text


def _pem(pem: str) -> str:
    try:
        StaticKey(pem)
    except ValueError:
        raise ValueError("is not an RSA public key of 2,048 bits or more in PEM form") from None
    return pem


def _publishable(key: str) -> str:
    frontend_host(key)
    return key


def _kinds(text: object) -> object:
    """The kinds of tokens that may lack an azp (SPEC 6); `true` and `false` are values of earlier versions."""
    if not isinstance(text, str):
        return text
    lowered = text.strip().lower()
    if lowered in {"true", "false"}:
        return frozenset({"bearer"} if lowered == "true" else ())
    kinds = settings.names(lowered)
    assert isinstance(kinds, tuple)
    if not kinds or not TOKEN_KINDS.issuperset(kinds):
        raise ValueError("use bearer, cookie or both, separated by a comma (true means bearer)")
    return frozenset(kinds)


def _databases(text: str) -> dict[Cell, str]:
    """The database of each cell. Raises ValueError without a word of a URL."""
    if not CELL_URL.match(text):
        settings.check_database(text)
        return {WHOLE: text}
    databases: dict[Cell, str] = {}
    for part in text.split():
        cell, equals, url = part.partition("=")
        if not (equals and CELL_URL.match(part)):
            raise ValueError("use i/n=URL for each cell, separated by blanks; in a URL a blank is %20")
        if parse_cell(cell) in databases:
            raise ValueError(f"names cell {cell} twice")
        try:
            settings.check_database(url)
        except ValueError as error:
            raise ValueError(f"cell {cell}: {error}") from None
        databases[parse_cell(cell)] = url
    if faults := coverage_faults(list(databases)):
        raise ValueError("; ".join(faults))
    return databases


def _cell_urls(text: SecretStr) -> SecretStr:
    _databases(text.get_secret_value())
    return text


WebUrl = Annotated[str, AfterValidator(settings.web_url("https"))]


class Settings(BaseModel):
    """What `audit-reader serve` runs with; field aliases are the names in the environment."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    database_url: Annotated[SecretStr, AfterValidator(_cell_urls)] = Field(alias="DATABASE_URL")
    bind: BindAddress = Field(default=("127.0.0.1", 8000), alias="AUDIT_READER_BIND")
    metrics_bind: BindAddress | None = Field(default=None, alias="AUDIT_READER_METRICS_BIND")
    hosts: Annotated[Names, AfterValidator(_hosts)] = Field(
        default=("localhost", "127.0.0.1"), alias="AUDIT_READER_HOSTS"
    )
    issuer: Annotated[WebUrl, AfterValidator(_issuer)] = Field(alias="CLERK_ISSUER")
    authorized_parties: Annotated[Names, AfterValidator(origins.check)] = Field(alias="CLERK_AUTHORIZED_PARTIES")
    jwt_key: Annotated[str, AfterValidator(_pem)] | None = Field(default=None, alias="CLERK_JWT_KEY")
    jwks_url: Annotated[str, AfterValidator(settings.web_url("http", "https")), AfterValidator(_jwks)] | None = Field(
        default=None, alias="CLERK_JWKS_URL"
    )
    sign_in_url: WebUrl | None = Field(default=None, alias="CLERK_SIGN_IN_URL")
    export_contact: Annotated[str, AfterValidator(_email)] | None = Field(default=None, alias="AUDIT_EXPORT_CONTACT")
    publishable_key: Annotated[str, AfterValidator(_publishable)] | None = Field(
        default=None, alias="CLERK_PUBLISHABLE_KEY"
    )
    frontend_api_url: Annotated[WebUrl, AfterValidator(settings.base_url)] | None = Field(
        default=None, alias="CLERK_FRONTEND_API_URL"
    )
    allow_missing_azp: Annotated[frozenset[Literal["bearer", "cookie"]], BeforeValidator(_kinds)] = Field(
        default=frozenset(), alias="AUDIT_ALLOW_MISSING_AZP"
    )
    log_format: Literal["console", "json"] = Field(default="console", alias="AUDIT_LOG_FORMAT")

    @property
    def databases(self) -> dict[Cell, str]:
        """The database of each cell; of one database that is no cell, cell 1 of 1."""
        return _databases(self.database_url.get_secret_value())

    @property
    def renewal(self) -> RenewalRules:
        """How sessions are renewed; those of a development instance are not, since it would pass them in URLs."""
        development = is_development(self.issuer, self.publishable_key)
        return RenewalRules(
            frontend_api=None if development else self.frontend_api_url or self.issuer,
            sign_in_url=self.sign_in_url,
            names=CookieNames(suffix=cookie_suffix(self.publishable_key) if self.publishable_key else None),
            scheme="https",
        )


def load(environ: Mapping[str, str]) -> Settings:
    """Reads the settings from `environ`. Raises SettingsError."""
    problems = []
    if environ.get("CLERK_JWT_KEY") and environ.get("CLERK_JWKS_URL"):
        problems.append("CLERK_JWKS_URL: CLERK_JWT_KEY is set too; give one of them")
    return settings.load(Settings, environ, problems=problems, multiline={"CLERK_JWT_KEY"}, check=_mismatched)


def _mismatched(loaded: Settings) -> list[str]:
    """The key of another instance would name cookies of that instance."""
    if loaded.publishable_key is None:
        return []
    named = frontend_host(loaded.publishable_key)
    if named in {urlsplit(url).netloc for url in (loaded.issuer, loaded.frontend_api_url or "")}:
        return []
    return [f"CLERK_PUBLISHABLE_KEY: is of {named}, which is neither CLERK_ISSUER's host nor CLERK_FRONTEND_API_URL's"]
