"""How each program reads its settings: one model of them, one message that names all that is wrong, exit code 2 (SPEC 7).

A program's model names its settings; the kinds that several programs have (a database, an address to listen at, a URL)
are here, so that none of them accepts what another refuses.
"""

import ipaddress
import re
from collections.abc import Callable, Collection, Mapping
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, SecretStr, ValidationError

from runtime import postgres
from runtime.host_port import is_name, is_port

Model = TypeVar("Model", bound=BaseModel)

BIND = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9._-]+)):(?P<port>[0-9]{1,5})")


class SettingsError(Exception):
    """One message that names every setting that is missing or wrong; exit code 2."""


def load(
    model: type[Model],
    environ: Mapping[str, str],
    *,
    extra: Mapping[str, object] | None = None,
    problems: Collection[str] = (),
    multiline: Collection[str] = (),
    check: Callable[[Model], Collection[str]] = lambda _: (),
) -> Model:
    """The settings in `environ`, where empty means not set.

    `extra` are fields of the model that the caller has read itself, `problems` what it found wrong with them, each as
    "NAME: text"; `check` says what is wrong with settings that are good one by one. Values may not hold control characters,
    but for those of the names in `multiline`. Raises SettingsError.
    """
    all_problems = list(problems)
    variables = {name: value for name, value in environ.items() if value != ""}
    for name in [field.alias for field in model.model_fields.values() if field.alias in variables]:
        assert name is not None
        if (fault := malformed_text(variables[name], multiline=name in multiline)) is not None:
            all_problems.append(f"{name}: {fault}")
            del variables[name]
    ignored = {problem.partition(":")[0] for problem in all_problems}
    try:
        settings = model.model_validate({**variables, **(extra or {})})
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        all_problems.extend(_problem(fault) for fault in faults if str(fault["loc"][0]) not in ignored)
    else:
        all_problems.extend(check(settings))
    if all_problems:
        lines = "".join(f"\n  {problem}" for problem in sorted(all_problems))
        raise SettingsError(f"{len(all_problems)} setting(s) missing or wrong (see deploy/env.example):{lines}")
    return settings


def malformed_text(value: str, *, multiline: bool = False) -> str | None:
    """Why `value` cannot be the value of any setting, without repeating it (it may be a password); None if it can."""
    if not value.strip():
        return "is blank; give a value, or leave it unset"
    if multiline:
        value = value.strip().replace("\r\n", "").replace("\n", "")
    if any(ord(character) < 32 or 127 <= ord(character) < 160 for character in value):
        return "has a line feed or another control character; was it written to a file by `echo`?"
    if value != value.strip():
        return "begins or ends with white space"
    try:
        value.encode()
    except UnicodeEncodeError:
        return "is not UTF-8"
    return None


def names(text: object) -> object:
    """The parts of a comma-separated value, without the blanks around them; ValueError where one occurs twice."""
    if not isinstance(text, str):
        return text
    parts = tuple(part.strip() for part in text.split(",") if part.strip())
    if twice := next((part for part in parts if parts.count(part) > 1), None):
        raise ValueError(f"names {twice} twice")
    return parts


def web_url(*schemes: str) -> Callable[[str], str]:
    """A check that a value is a URL of one of `schemes` with a proper host and port; ValueError without its password."""

    def check(url: str) -> str:
        try:
            parts = urlsplit(url)
            usable = parts.port is None or parts.port > 0
        except ValueError:  # its words would repeat a part of the password
            usable = False
        if not usable or "@" in parts.netloc.rpartition("@")[0]:
            raise ValueError("has no proper host and port; are @ / : # ? of its password percent-encoded?")
        if not is_name(parts.hostname or ""):
            raise ValueError("has a host that is not a name: a part of it is empty, or longer than 63 letters")
        if parts.scheme not in schemes or not parts.hostname or any(letter.isspace() for letter in url):
            raise ValueError(f"must be an {' or '.join(schemes)} URL")
        return url

    return check


def base_url(url: str) -> str:
    """The URL, behind which paths are put. Raises ValueError if it has a query or a fragment."""
    if "?" in url or "#" in url:
        raise ValueError("must have no ? and no #: paths are put behind it")
    return url


def _bind(text: object) -> object:
    if not isinstance(text, str):
        return text
    match = BIND.fullmatch(text)
    if match is None or not is_port(match["port"]) or not _address(match["six"]):
        raise ValueError("use HOST:PORT, for example 0.0.0.0:9108 or [::]:9108")
    return match["six"] or match["host"], int(match["port"])


def _address(six: str | None) -> bool:
    try:
        return six is None or ipaddress.ip_address(six).version == 6
    except ValueError:
        return False


def check_database(url: str) -> None:
    """Raises ValueError, without a word of it, where `url` is nothing that libpq takes."""
    if fault := postgres.malformed(url):
        raise ValueError(fault)


def _database(url: SecretStr) -> SecretStr:
    check_database(url.get_secret_value())
    return url


def _problem(fault: Mapping[str, object]) -> str:
    location = fault["loc"]
    assert isinstance(location, tuple)
    text = "is not set" if fault["type"] == "missing" else str(fault["msg"]).removeprefix("Value error, ")
    return f"{location[0]}: {text}"


# A libpq URL or keyword string that libpq itself takes; never shown.
DatabaseUrl = Annotated[SecretStr, AfterValidator(_database)]
# Host and port to listen at.
BindAddress = Annotated[tuple[str, int], BeforeValidator(_bind)]
# Names, separated by commas.
Names = Annotated[tuple[str, ...], BeforeValidator(names)]
