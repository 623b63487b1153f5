"""Settings: the one place that names what the environment may say to the reader (SPEC 6), and refuses what it may not.

`load(environ)` takes the environment as an argument; nothing below the command reads it.
"""

import ipaddress
import re
from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from reader.auth.clerk_instance import frontend_host, is_development
from reader.auth.jwks import StaticKey
from reader.auth.renewal import RenewalRules
from reader.auth.request_cookies import CookieNames, cookie_suffix

HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\]")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class SettingsError(Exception):
    """One message that names every setting that is missing or wrong; exit code 2."""


def _listed(text: object) -> object:
    return tuple(part.strip() for part in text.split(",") if part.strip()) if isinstance(text, str) else text


def _hosts(hosts: tuple[str, ...]) -> tuple[str, ...]:
    if not hosts:
        raise ValueError("names no host")
    for host in hosts:
        if not HOST.fullmatch(host):
            raise ValueError(f"{host!r} is no host name in lower case, without scheme and port")
    return hosts


def _origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    if not origins:
        raise ValueError(
            "names no origin; give those of the pages that sign people in, such as https://app.example.com"
        )
    for origin in origins:
        parts = urlsplit(origin)
        if parts.scheme != "https" or not parts.hostname or origin != f"https://{parts.netloc}":
            raise ValueError(f"{origin!r} is no https origin: scheme and host, nothing behind")
    return origins


def _issuer(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError("must be an https URL, as the tokens' iss says it")
    if url.endswith("/"):
        raise ValueError("must be as the tokens' iss says it, without a slash at the end")
    return url


def _jwks(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return url
    if parts.scheme == "http" and parts.hostname and _is_loopback(parts.hostname):
        return url
    raise ValueError("must be an https URL (plain http only on loopback)")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _web(url: str) -> str:
    if urlsplit(url).scheme != "https" or not urlsplit(url).hostname:
        raise ValueError("must be an https URL")
    return url


def _publishable(key: str) -> str:
    frontend_host(key)
    return key


def _kinds(text: object) -> object:
    """`true` means bearer: until there were kinds, the setting was a switch for Bearer tokens."""
    if not isinstance(text, str):
        return text
    kinds = {"true": {"bearer"}, "false": set[str]()}.get(text.lower(), {part.strip() for part in text.split(",")})
    if not kinds <= {"bearer", "cookie"}:
        raise ValueError(
            "names kinds of token, bearer or cookie, or both with a comma between; or true (bearer), or false"
        )
    return frozenset(kinds)


def _email(text: str) -> str:
    if not EMAIL.fullmatch(text):
        raise ValueError("is no e-mail address")
    return text


def _pem(pem: str) -> str:
    try:
        StaticKey(pem)
    except ValueError:
        raise ValueError("is no RSA public key of 2,048 bits or more in PEM form") from None
    return pem


def _bind(text: object) -> object:
    if not isinstance(text, str):
        return text
    host, colon, port = text.rpartition(":")
    if not (colon and host and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError("use host:port, for example 127.0.0.1:8000")
    return host.strip("[]"), int(port)


def _database(url: SecretStr) -> SecretStr:
    if not url.get_secret_value().strip():
        raise ValueError("is empty; give a libpq URL or keyword string")
    return url


Address = Annotated[tuple[str, int], BeforeValidator(_bind)]


class Settings(BaseModel):
    """What `audit-reader serve` runs with; field aliases are the names in the environment."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    database_url: Annotated[SecretStr, AfterValidator(_database)] = Field(alias="DATABASE_URL")
    bind: Address = Field(default=("127.0.0.1", 8000), alias="AUDIT_READER_BIND")
    metrics_bind: Address | None = Field(default=None, alias="AUDIT_READER_METRICS_BIND")
    hosts: Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_hosts)] = Field(
        default=("localhost", "127.0.0.1"), alias="AUDIT_READER_HOSTS"
    )
    issuer: Annotated[str, AfterValidator(_issuer)] = Field(alias="CLERK_ISSUER")
    authorized_parties: Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_origins)] = Field(
        alias="CLERK_AUTHORIZED_PARTIES"
    )
    jwt_key: Annotated[str, AfterValidator(_pem)] | None = Field(default=None, alias="CLERK_JWT_KEY")
    jwks_url: Annotated[str, AfterValidator(_jwks)] | None = Field(default=None, alias="CLERK_JWKS_URL")
    sign_in_url: Annotated[str, AfterValidator(_web)] | None = Field(default=None, alias="CLERK_SIGN_IN_URL")
    export_contact: Annotated[str, AfterValidator(_email)] | None = Field(default=None, alias="AUDIT_EXPORT_CONTACT")
    publishable_key: Annotated[str, AfterValidator(_publishable)] | None = Field(
        default=None, alias="CLERK_PUBLISHABLE_KEY"
    )
    frontend_api_url: Annotated[str, AfterValidator(_web)] | None = Field(default=None, alias="CLERK_FRONTEND_API_URL")
    allow_missing_azp: Annotated[frozenset[Literal["bearer", "cookie"]], BeforeValidator(_kinds)] = Field(
        default=frozenset(), alias="AUDIT_ALLOW_MISSING_AZP"
    )
    log_format: Literal["console", "json"] = Field(default="console", alias="AUDIT_LOG_FORMAT")

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
    given = {name: value for name, value in environ.items() if value != ""}
    problems = []
    if "CLERK_JWT_KEY" in given and "CLERK_JWKS_URL" in given:
        problems.append("CLERK_JWKS_URL: CLERK_JWT_KEY is set too; give one of them")
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False):
            text = "is not set" if fault["type"] == "missing" else fault["msg"].removeprefix("Value error, ")
            problems.append(f"{fault['loc'][0]}: {text}")
    else:
        problems += _mismatched(settings)
    if problems:
        lines = "".join(f"\n  {problem}" for problem in sorted(problems))
        raise SettingsError(f"{len(problems)} setting(s) missing or wrong (see deploy/env.example):{lines}")
    return settings


def _mismatched(settings: Settings) -> list[str]:
    """The key of another instance would name cookies of that instance."""
    if settings.publishable_key is None:
        return []
    named = frontend_host(settings.publishable_key)
    if named in {urlsplit(url).netloc for url in (settings.issuer, settings.frontend_api_url or "")}:
        return []
    return [f"CLERK_PUBLISHABLE_KEY: is of {named}, which is neither CLERK_ISSUER's host nor CLERK_FRONTEND_API_URL's"]
