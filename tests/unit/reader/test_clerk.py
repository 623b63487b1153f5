"""Tokens of Clerk's form open the log to admins of an active workspace, and to nobody by any other token."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from reader.auth.clerk import Forbidden, TokenRules, verify_token
from reader.auth.jwks import JwksKeys, StaticKey
from reader.auth.signed_token import MAX_TOKEN_LENGTH, KeySource, Unauthenticated
from reader.model import Viewer
from sandbox.services.issuer import Issuer, Person

ORIGIN = "https://app.example.com"
DANA = Person("Dana", "user_2dana", "org_2first", "first", "admin")


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    running = Issuer((DANA,), ORIGIN)
    yield running
    running.close()


@pytest.fixture(scope="module")
def key(issuer: Issuer) -> StaticKey:
    return StaticKey(issuer.pem)


def verified(
    issuer: Issuer, key: KeySource, token: str, *, bearer: bool = True, missing: tuple[str, ...] = ()
) -> Viewer:
    """What a token opens, at the rules of production but for the issuer's address."""
    return verify_token(
        token, key, TokenRules(issuer.url, frozenset({ORIGIN}), frozenset(missing)), bearer=bearer
    ).viewer


def v1(issuer: Issuer, **claims: Any) -> str:
    """A token of the first version."""
    old: dict[str, Any] = {"v": None, "o": None, "sts": None, "org_id": "org_2first", "org_role": "org:admin"}
    return issuer.token(DANA, **(old | claims))


def test_an_admin_of_either_version_is_seen(issuer: Issuer, key: StaticKey) -> None:
    """Who, in which session and workspace, comes from where the token's version puts it."""
    now = verified(issuer, key, issuer.token(DANA, sid="sess_1"))
    then = verified(issuer, key, v1(issuer, sid="sess_1", org_slug="first"))

    assert now == then == Viewer("user_2dana", "sess_1", "org_2first", "first", None)


def test_who_acts_as_another_is_named(issuer: Issuer, key: StaticKey) -> None:
    """Impersonation is allowed, and never hidden."""
    assert verified(issuer, key, issuer.token(DANA, act={"sub": "user_2support"})).impersonator == "user_2support"
    for act in ("user_2support", {}, {"sub": 1}):
        with pytest.raises(Unauthenticated, match="actor"):
            verified(issuer, key, issuer.token(DANA, act=act))


NOW = int(time.time())  # when the tests were collected: a whole run may come to them half an hour later
BAD_CLAIMS: dict[str, dict[str, Any]] = {
    "expired": {"exp": NOW - 60},
    "not yet": {"nbf": NOW + 86_400},
    "issued in the future": {"iat": NOW + 86_400},
    "no exp": {"exp": None},
    "no nbf": {"nbf": None},
    "no iat": {"iat": None},
    "no sid": {"sid": None},
    "no sub": {"sub": None},
    "exp is no number": {"exp": "soon"},
    "another issuer": {"iss": "https://clerk.other.example"},
    "a slash more": {"iss": "ISS/"},
    "another party": {"azp": "https://evil.example"},
    "party with a slash": {"azp": ORIGIN + "/"},
    "party is a list": {"azp": [ORIGIN]},
    "no party": {"azp": None},
    "party is empty": {"azp": ""},
    "an audience": {"aud": "audit"},
    "a machine": {"sub": "mch_2x"},
    "sub is no text": {"sub": 5},
    "session of another kind": {"sid": "orgs_1"},
    "pending": {"sts": "pending"},
    "version 3": {"v": 3},
    "version as a text": {"v": "2"},
    "version true": {"v": True},
    "organization of another kind": {"o": {"id": "team_1", "rol": "admin"}},
    "organization with a line feed": {"o": {"id": "org_1\n", "rol": "admin"}},
    "organization is a number": {"o": {"id": 7, "rol": "admin"}},
}


@pytest.mark.parametrize("claims", BAD_CLAIMS.values(), ids=BAD_CLAIMS.keys())
def test_a_bad_claim_is_no_session(issuer: Issuer, key: StaticKey, claims: dict[str, Any]) -> None:
    """Each claim that Clerk promises is needed, exact, and of its type."""
    if claims.get("iss") == "ISS/":
        claims = {"iss": issuer.url + "/"}
    with pytest.raises(Unauthenticated):
        verified(issuer, key, issuer.token(DANA, **claims))


@pytest.mark.parametrize(
    "organization",
    [None, {}, [], "org_2first", {"rol": "admin"}, {"id": "org_2first"}, {"id": "org_2first", "rol": None},
     {"id": "org_2first", "rol": "member"}, {"id": "org_2first", "rol": "Admin"}, {"id": "org_2first", "rol": "admin "},
     {"id": "org_2first", "rol": "org:org:admin"}, {"id": "org_2first", "rol": "administrator"}, {"id": "org_2first", "rol": ["admin"]}],
)  # fmt: skip
def test_whoever_is_no_admin_of_an_active_workspace_is_refused(
    issuer: Issuer, key: StaticKey, organization: object
) -> None:
    """A valid session without the role is forbidden, and never an error of ours."""
    with pytest.raises(Forbidden):
        verified(issuer, key, issuer.token(DANA, o=organization))


def test_claims_of_one_version_do_not_stand_in_for_the_other(issuer: Issuer, key: StaticKey) -> None:
    """A custom claim named org_id opens nothing in version 2, nor `o` in version 1."""
    with pytest.raises(Forbidden):
        verified(issuer, key, issuer.token(DANA, o=None, org_id="org_2other", org_role="org:admin"))
    with pytest.raises(Forbidden):
        verified(issuer, key, v1(issuer, org_id=None, org_role=None, o={"id": "org_2other", "rol": "admin"}))


@pytest.mark.parametrize("party", [None, ""])
@pytest.mark.parametrize("kind", ["bearer", "cookie"])
def test_a_token_without_a_party_is_taken_where_its_kind_is_allowed(
    issuer: Issuer, key: StaticKey, kind: str, party: str | None
) -> None:
    """In the header or in a cookie, each by its own word; the other kind, and another party, stay refused."""
    token, bearer = issuer.token(DANA, azp=party), kind == "bearer"

    assert verified(issuer, key, token, missing=(kind,), bearer=bearer).user_id == DANA.user_id
    for missing, as_bearer in (((kind,), not bearer), ((), bearer)):
        with pytest.raises(Unauthenticated, match="authorized_party_missing"):
            verified(issuer, key, token, missing=missing, bearer=as_bearer)
    with pytest.raises(Unauthenticated, match=r"^authorized_party$"):
        verified(
            issuer, key, issuer.token(DANA, azp="https://evil.example"), missing=("bearer", "cookie"), bearer=bearer
        )


CLAIMS = (
    "azp",
    "exp",
    "iat",
    "iss",
    "nbf",
    "sid",
    "sts",
    "sub",
    "v",
    "o",
    "act",
    "aud",
    "org_id",
    "org_role",
    "org_slug",
)
HOSTILE: tuple[object, ...] = (
    [], {}, [[]], {"a": {}}, "", "x", "\x00", "\ud800", 0, -1, 1.5, 10**400, True, False, None,
)  # fmt: skip


@pytest.mark.parametrize("claim", CLAIMS)
@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value)[:12])
@pytest.mark.parametrize("version", [1, 2])
def test_a_claim_of_any_json_type_is_judged(
    issuer: Issuer, key: StaticKey, claim: str, value: object, version: int
) -> None:
    """A good signature over a claim of a wrong type: no session or not allowed, and never an error of ours.

    Only those are accepted whose claim the version does not use, or whose absence is allowed.
    """
    claims = json.loads(_decoded((issuer.token(DANA) if version == 2 else v1(issuer)).split(".")[1]))
    token = signed(issuer, json.dumps({**claims, claim: value}).encode())
    try:
        viewer = verified(issuer, key, token, bearer=False)
    except (Unauthenticated, Forbidden):
        return
    assert (viewer.user_id, viewer.workspace_id) == (DANA.user_id, DANA.workspace_id)
    ignored = {"org_id", "org_role"} if version == 2 else {"o"}
    harmless = {
        "sts": (str, type(None)),
        "act": (type(None),),
        "org_slug": (object,),
        "v": (int, type(None)),
        "aud": (object,),
    }
    assert claim in ignored or isinstance(value, harmless.get(claim, ())) or value in (0, -1, 1.5, 10**400)


OTHER_CATEGORIES: tuple[object, ...] = ("cl_B7d4PD222AAA", "cl_B7d4PD333AAA", "", 1, [], {})


def test_only_our_algorithm_and_type(issuer: Issuer, key: StaticKey) -> None:
    """The header decides nothing: neither the algorithm nor that a token is of another kind."""
    claims = json.loads(_decoded(issuer.token(DANA).split(".")[1]))
    signed = "{}.{}".format(_encoded(b'{"alg":"HS256","typ":"JWT"}'), _encoded(json.dumps(claims).encode()))
    forged = hmac.new(issuer.pem.encode(), signed.encode(), hashlib.sha256).digest()
    unsigned = "{}.{}.".format(_encoded(b'{"alg":"none"}'), _encoded(json.dumps(claims).encode()))

    for token in (
        f"{signed}.{_encoded(forged)}",
        unsigned,
        unsigned + "x",
        issuer.sign(claims, typ="at+jwt"),
        issuer.sign(claims, typ=1),
        *(issuer.sign(claims, cat=category) for category in OTHER_CATEGORIES),
    ):
        with pytest.raises(Unauthenticated):
            verified(issuer, key, token)
    assert verified(issuer, key, issuer.sign(claims, typ="jwt", cat="cl_B7d4PD111AAA")).user_id == DANA.user_id
    with pytest.raises(Unauthenticated):
        verified(issuer, key, issuer.sign(claims, crit=["exp"]))


def signed(issuer: Issuer, payload: bytes, **header: Any) -> str:
    """A token with a good signature over whatever payload."""
    head = json.dumps({"alg": "RS256", "kid": issuer.key_id, "typ": "JWT", **header}).encode()
    text = f"{_encoded(head)}.{_encoded(payload)}"
    signature = issuer._key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{text}.{_encoded(signature)}"


NO_TIMES: list[object] = [[], {}, "x", None]


def test_a_good_signature_does_not_make_a_payload_good(issuer: Issuer, key: StaticKey) -> None:
    """Not even the issuer can break us: what is no set of claims, or claims what is no number, is no session."""
    whole = json.loads(_decoded(issuer.token(DANA).split(".")[1]))
    text = json.dumps(whole)
    assert verified(issuer, key, signed(issuer, text.encode())).user_id == DANA.user_id
    for payload in (
        b"", b"[]", b"1", b"null", b"{", b"\xff", b'{"a":' * 600 + b"1" + b"}" * 600, b"[" * 3000,
        *(json.dumps({**whole, name: value}).encode() for name in ("exp", "nbf", "iat") for value in NO_TIMES + ([-1] if name == "exp" else [1e15])),
        *(text.replace(f'"{name}": {whole[name]}', f'"{name}": {value}').encode() for name in ("exp", "iat") for value in ("1e999", "NaN", "-Infinity")),
        text.replace('"v": 2', '"v": 2, "x": ' + "9" * 4400).encode(),
    ):  # fmt: skip
        with pytest.raises(Unauthenticated):
            verified(issuer, key, signed(issuer, payload))


@pytest.mark.parametrize(
    "header",
    [{"alg": ["RS256"]}, {"alg": None}, {"alg": "rs256"}, {"alg": "RS512"}, {"alg": "PS256"}, {"alg": "none"}, {"alg": "HS256"}, {"alg": {}},
     {"kid": 7}, {"kid": ""}, {"kid": "x" * 129}, {"kid": "a b"}, {"kid": ["x"]}, {"kid": "../../key"}, {"typ": "at+jwt"}, {"typ": ["JWT"]},
     {"typ": "JWE"}, {"crit": ["b64"], "b64": False}, {"crit": []}, {"crit": "exp"}],
    ids=str,
)  # fmt: skip
def test_a_header_decides_nothing(issuer: Issuer, header: dict[str, Any]) -> None:
    """Another algorithm, type, or key id of a wrong kind: no session, though the signature is good; by published keys too."""
    keys = JwksKeys(issuer.jwks_url)
    token = issuer.token(DANA)
    assert verified(issuer, keys, token).user_id == DANA.user_id
    try:
        with pytest.raises(Unauthenticated):
            verified(issuer, keys, signed(issuer, _decoded(token.split(".")[1]), **header))
    finally:
        keys.close()


def test_a_key_that_a_token_brings_is_not_used(issuer: Issuer) -> None:
    """`jwk`, `jku`, `x5u` and `x5c` are the attacker's: neither taken nor fetched."""
    keys, other = JwksKeys(issuer.jwks_url), Issuer((), ORIGIN)
    try:
        payload = json.dumps({**json.loads(_decoded(issuer.token(DANA).split(".")[1]))}).encode()
        own = {"jwk": other.jwks()["keys"][0], "jku": other.jwks_url, "x5u": other.jwks_url, "x5c": [other.pem]}
        for kid in (other.key_id, issuer.key_id):
            with pytest.raises(Unauthenticated):
                verified(issuer, keys, signed(other, payload, kid=kid, **own))
        assert other.fetches == 0
        assert (
            verified(issuer, keys, signed(issuer, payload, **own)).user_id == DANA.user_id
        )  # they are ignored, as Clerk says
    finally:
        keys.close()
        other.close()


def test_a_signature_of_another_key_is_none(issuer: Issuer, key: StaticKey) -> None:
    """Another key of the right size and name proves nothing, nor does a changed payload."""
    other = Issuer((), ORIGIN)
    try:
        other.key_id = issuer.key_id
        with pytest.raises(Unauthenticated):
            verified(issuer, key, other.token(DANA, iss=issuer.url))
    finally:
        other.close()
    header, payload, signature = issuer.token(DANA, o={"id": "org_2first", "rol": "member"}).split(".")
    promoted = _encoded(_decoded(payload).replace(b"member", b"admin"))
    with pytest.raises(Unauthenticated):
        verified(issuer, key, f"{header}.{promoted}.{signature}")


@pytest.mark.parametrize(
    "token",
    ["", "x", "a.b", "a.b.c", "a.b.c.d", "é.b.c", "a.b.c\n", " a.b.c", "." * 3, "a" * (MAX_TOKEN_LENGTH + 1),
     "{}.e30.x".format(base64.urlsafe_b64encode(b'{"a":' * 500 + b"1" + b"}" * 500).decode().rstrip("=")),
     "{}.e30.x".format(base64.urlsafe_b64encode(b"[" * 3000).decode().rstrip("="))],
)  # fmt: skip
def test_what_is_no_token_is_no_session(issuer: Issuer, key: StaticKey, token: str) -> None:
    """Whatever is sent, the answer is the same."""
    with pytest.raises(Unauthenticated):
        verified(issuer, key, token)


def test_clerks_own_verifier_agrees(issuer: Issuer) -> None:
    """The stand-in's tokens are of Clerk's form: Clerk's SDK takes them, and reads the same from them."""
    from clerk_backend_api.security import verify_token  # noqa: PLC0415 the SDK is slow to import, and an oracle here only
    from clerk_backend_api.security.types import VerifyTokenOptions  # noqa: PLC0415

    options = VerifyTokenOptions(jwt_key=issuer.pem, authorized_parties=[ORIGIN])
    now, then = (verify_token(token, options) for token in (issuer.token(DANA), v1(issuer)))

    assert (now["sub"], now["o"]) == ("user_2dana", {"id": "org_2first", "rol": "admin", "slg": "first"})
    assert (then["sub"], then["org_id"], then["org_role"]) == ("user_2dana", "org_2first", "org:admin")


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
