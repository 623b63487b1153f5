"""The client of the Schema Registry: one request of the Confluent API, `GET /schemas/ids/{id}`.

Invariant: it neither retries nor caches; only the registry's own "not found" means that a schema does not exist, any other
error is an outage (SPEC 4).
"""

import json
import ssl
import time
from typing import Any

import httpx

MAX_ANSWER = 8 * 1024 * 1024  # bytes; `schema_safety` refuses a schema far smaller
_NOT_FOUND = 40403  # "Schema not found" of the Confluent API; any other 404 comes from something in between
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class RegistryUnavailable(Exception):
    """The registry gave no usable answer: wait, and retry."""


class SchemaAbsent(Exception):
    """The registry says that it has no schema of this id."""


class SchemaNotAvro(Exception):
    """The registry's schema of this id is not an Avro schema without references."""


class RegistryRefused(Exception):
    """No connection to the registry can be made with these settings, or with variables that the HTTP client reads; one line."""


class AuthorityUnusable(RegistryRefused):
    """AUDIT_REGISTRY_CA cannot be read, or holds no certificate; one line that says so."""


class Registry:
    """One Schema Registry. `url` may carry `user:password@`, which is sent as basic authentication and never shown.

    `timeout` is in seconds, for a whole answer. `authority` is the PEM file of who may have signed its certificate; None:
    those that this machine trusts. Raises RegistryRefused.
    """

    def __init__(self, url: str, timeout: float = 10.0, *, authority: str | None = None) -> None:
        try:
            parsed = httpx.URL(url)
            host = parsed.host
        except (httpx.InvalidURL, ValueError) as error:  # their words may repeat a password
            raise RegistryRefused("SCHEMA_REGISTRY_URL: has a host that no HTTP client takes") from error
        auth = httpx.BasicAuth(parsed.username, parsed.password) if parsed.userinfo else None
        self._url = str(parsed.copy_with(userinfo=b"")).rstrip("/")
        self._timeout = timeout
        # A proxy of the environment has nothing to do with this machine.
        trust_env = host not in _LOOPBACK
        verify = True if authority is None else _context(authority)
        try:
            self._client = httpx.Client(auth=auth, timeout=timeout, trust_env=trust_env, verify=verify)
        except (httpx.InvalidURL, ImportError, ValueError, OSError) as error:
            raise RegistryRefused(f"the Schema Registry cannot be asked: {_of_environment(error)}") from error

    def close(self) -> None:
        """Closes the connections that were kept open."""
        self._client.close()

    def fetch(self, schema_id: int) -> str:
        """The text of the schema. Raises RegistryUnavailable, SchemaAbsent, SchemaNotAvro."""
        try:
            status, body = self._get(f"{self._url}/schemas/ids/{schema_id}")
        except Exception as fault:  # not HTTPError alone: a proxy's name may be none
            raise RegistryUnavailable(f"{self._url}: {type(fault).__name__}: {fault}{_advice(str(fault))}") from fault
        answer = _object(body)
        if status == httpx.codes.OK:
            return self._schema(schema_id, answer)
        if status == httpx.codes.NOT_FOUND and answer.get("error_code") == _NOT_FOUND:
            raise SchemaAbsent(f"{self._url} has no schema {schema_id}")
        raise RegistryUnavailable(f"{self._url} answered {status}{_meaning(status)}")

    def _get(self, url: str) -> tuple[int, bytes]:
        deadline = time.monotonic() + self._timeout  # httpx's own timeout starts again with each piece
        body = b""
        with self._client.stream("GET", url, headers={"Accept": "application/vnd.schemaregistry.v1+json"}) as response:
            for piece in response.iter_bytes():
                body += piece
                if len(body) > MAX_ANSWER:
                    raise httpx.DecodingError(f"the answer is over {MAX_ANSWER} bytes")
                if time.monotonic() > deadline:
                    raise httpx.ReadTimeout(f"no whole answer within {self._timeout} s")
        return response.status_code, body

    def _schema(self, schema_id: int, answer: dict[str, Any]) -> str:
        # Absent, null or empty: Avro, the only type there was before the field.
        kind = answer.get("schemaType") or "AVRO"
        if not isinstance(kind, str) or kind.upper() != "AVRO":
            raise SchemaNotAvro(f"schema {schema_id} is {kind!r:.60}")
        if answer.get("references"):
            raise SchemaNotAvro(f"schema {schema_id} refers to others; a schema must have no references")
        text = answer.get("schema")
        if not isinstance(text, str):
            raise RegistryUnavailable(f"{self._url} answered without a schema; is it a Schema Registry?")
        return text


def _object(body: bytes) -> dict[str, Any]:
    """The JSON object of an answer; empty if it is none, as from a proxy in between."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _of_environment(error: Exception) -> str:
    """Which variables of the environment the HTTP client refuses."""
    match error:
        case ImportError():
            return "ALL_PROXY, HTTP_PROXY or HTTPS_PROXY names a SOCKS proxy, which is not supported"
        case OSError():
            return "the file of SSL_CERT_FILE, or the folder of SSL_CERT_DIR, cannot be used"
        case _:
            return "ALL_PROXY, HTTP_PROXY, HTTPS_PROXY or NO_PROXY has a value that is no proxy, or no host"


def _context(authority: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=authority)
    except OSError as error:
        raise AuthorityUnusable(f"AUDIT_REGISTRY_CA: {authority} holds no certificates: {error.strerror}") from error


def _advice(words: str) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in words:
        return "; AUDIT_REGISTRY_CA names who may have signed its certificate, SCHEMA_REGISTRY_URL a name that it has"
    if "WRONG_VERSION_NUMBER" in words or "RECORD_LAYER_FAILURE" in words:
        return "; does SCHEMA_REGISTRY_URL mean http?"
    return ""


def _meaning(status: int) -> str:
    match status:
        case httpx.codes.UNAUTHORIZED | httpx.codes.FORBIDDEN:
            return ": SCHEMA_REGISTRY_URL's user and password are wrong, missing or not allowed"
        case httpx.codes.NOT_FOUND:
            return " without saying that the schema is not there: is SCHEMA_REGISTRY_URL the registry's base?"
        case _:
            return ""
