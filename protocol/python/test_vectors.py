"""Reads the golden vectors with `cryptography` alone, independent of the Rust code.

Run it by `python -m pytest protocol/python` from the root of the repository.
"""

import base64
import functools
import hashlib
import json
import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

VECTORS = Path(__file__).parents[1] / "vectors"
FILES = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(VECTORS.glob("*.json"))}
MESSAGES = {name: vector for name, vector in FILES.items() if "jws" in vector}
LINKS = FILES["enroll-uri"]
INVALID = [
    pytest.param(vector, invalid, id=f"{name}-{invalid['reason']}-{number}")
    for name, vector in MESSAGES.items()
    for number, invalid in enumerate(vector["invalid"])
]

# The claims that each kind of message must have.
REQUIRED = {
    "dpop+jwt": {"jti", "htm", "htu", "iat"},
    "at+jwt": {"iss", "aud", "sub", "tenant_id", "roles", "sid", "jti", "amr", "acr", "auth_time", "iat", "exp"},
    "countersign-enrolment+jwt": {
        "aud", "iat", "exp", "ticket_hash", "possession_key", "name", "kind", "capabilities",
    },
    "countersign-receipt+jwt": {
        "iss", "aud", "iat", "ticket_hash", "possession_jkt", "capabilities", "application", "account",
    },
    "countersign-key-set+jwt": {"iss", "version", "iat", "keys"},
    "countersign-request+jwt": {
        "iss", "aud", "jti", "iat", "exp", "number_digits", "user_verification", "context",
    },
    "countersign-response+jwt": {"iss", "aud", "challenge_id", "request_hash", "decision", "iat", "exp"},
}  # fmt: skip
# Closed sets of values, by the name of the claim, wherever it stands.
KNOWN = {
    "kind": {"mobile", "desktop", "headless"},
    "user_verification": {"discouraged", "preferred", "required"},
    "purpose": {"login"},
    "decision": {"approve", "deny"},
    "reason": {"not_me", "mistake", "other"},
    "kty": {"EC"},
    "crv": {"P-256"},
}


class Refused(Exception):
    """The message is not believed."""


def decode(text):
    """Base64url as RFC 7515 has it: no padding, no stray bits, no other characters."""
    if not re.fullmatch(r"[A-Za-z0-9_-]*", text):
        raise Refused("not base64url")
    try:
        decoded = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as error:
        raise Refused("not base64url") from error
    if encode(decoded) != text:
        raise Refused("stray bits")
    return decoded


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sha256(text):
    return encode(hashlib.sha256(text.encode()).digest())


def thumbprint(jwk):
    """RFC 7638, for EC keys."""
    members = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
    return sha256(json.dumps(members, separators=(",", ":"), sort_keys=True))


def public_key(jwk):
    x, y = (int.from_bytes(decode(jwk[name])) for name in ("x", "y"))
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


def parse(part):
    def members(pairs):
        if len(dict(pairs)) != len(pairs):
            raise Refused("a member stands twice")
        return dict(pairs)

    value = json.loads(decode(part), object_pairs_hook=members)
    if not isinstance(value, dict):
        raise Refused("not an object")
    return value


def verify(jws, typ, versioned, key):
    """The header and the claims of a message, if every part of it is as it must be."""
    parts = jws.split(".")
    if len(parts) != 3:
        raise Refused("not three parts")
    header, signature = parse(parts[0]), decode(parts[2])
    if header.get("alg") != "ES256":
        raise Refused("another algorithm")
    if header.get("typ") != typ:
        raise Refused("another type")
    if header.get("crit") != (["ver"] if versioned else None):
        raise Refused("critical parameters that are not understood")
    if versioned and header.get("ver") != 1:
        raise Refused("another version")
    if len(signature) != 64:
        raise Refused("not r and s")
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    try:
        key.verify(encode_dss_signature(r, s), f"{parts[0]}.{parts[1]}".encode(), ec.ECDSA(SHA256()))
    except InvalidSignature as error:
        raise Refused("the signature does not fit") from error
    claims = parse(parts[1])
    if not REQUIRED[typ] <= claims.keys():
        raise Refused("a claim is missing")
    check_values(claims)
    return header, claims


def check_values(value):
    if isinstance(value, list):
        for item in value:
            check_values(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name in KNOWN and item not in KNOWN[name]:
                raise Refused(f"an unknown {name}")
            check_values(item)


def test_there_is_a_vector_for_every_kind_of_message():
    assert {vector["typ"] for vector in MESSAGES.values()} == REQUIRED.keys()


@pytest.mark.parametrize("name", MESSAGES)
def test_the_message_says_what_stands_beside_it(name):
    vector = MESSAGES[name]
    header, claims = verify(vector["jws"], vector["typ"], vector["versioned"], public_key(vector["key"]))
    assert header == vector["header"]
    assert claims == vector["claims"]
    assert vector["jws"].rpartition(".")[0] == vector["signing_input"]
    assert sha256(vector["signing_input"]) == vector["signing_input_hash"]


@pytest.mark.parametrize("name", MESSAGES)
def test_the_hashes_are_of_what_they_name(name):
    vector = MESSAGES[name]
    assert thumbprint(vector["key"]) == vector["thumbprint"]
    assert vector["header"].get("kid", vector["thumbprint"]) == vector["thumbprint"]
    assert vector["header"].get("jwk", vector["key"]) == vector["key"]
    for each in vector["hashes"]:
        found = functools.reduce(lambda value, member: value[member], each["at"].split("."), vector)
        assert found == each["value"] == sha256(each["of"])


@pytest.mark.parametrize("name", MESSAGES)
def test_a_deterministic_signer_makes_the_same_message(name):
    vector = MESSAGES[name]
    private = ec.derive_private_key(int.from_bytes(decode(vector["private_key"])), ec.SECP256R1())
    assert private.public_key() == public_key(vector["key"])
    algorithm = ec.ECDSA(SHA256(), deterministic_signing=True)
    r, s = decode_dss_signature(private.sign(vector["signing_input"].encode(), algorithm))
    signature = encode(r.to_bytes(32) + s.to_bytes(32))
    assert f"{vector['signing_input']}.{signature}" == vector["jws"]


@pytest.mark.parametrize(("vector", "invalid"), INVALID)
def test_a_spoiled_message_is_refused(vector, invalid):
    with pytest.raises(Refused):
        verify(invalid["jws"], vector["typ"], vector["versioned"], public_key(vector["key"]))


def test_the_messages_belong_together():
    request, approval = MESSAGES["request"], MESSAGES["response-approve"]
    for response in (approval, MESSAGES["response-deny"]):
        assert response["claims"]["request_hash"] == request["signing_input_hash"]
        assert response["claims"]["challenge_id"] == request["claims"]["jti"]
    assert request["key"] in MESSAGES["key-set"]["claims"]["keys"]
    receipt, enrolment = MESSAGES["receipt"]["claims"], MESSAGES["enrolment-possession"]["claims"]
    assert enrolment == MESSAGES["enrolment-verification"]["claims"]
    assert receipt["possession_jkt"] == thumbprint(enrolment["possession_key"])
    assert receipt["verification_jkt"] == thumbprint(enrolment["verification_key"]) == approval["thumbprint"]
    assert "number" not in json.dumps(request["claims"]).replace("number_digits", "")
    access, proof = MESSAGES["access-token"], MESSAGES["dpop-post"]
    assert proof["claims"]["ath"] == sha256(access["jws"])
    assert access["claims"]["cnf"]["jkt"] == proof["thumbprint"]


def read_link(text):
    """The server, ticket and root of an enrolment link."""
    if len(text) > 2048:
        raise Refused("too long")
    link = urlsplit(text.strip())
    if (link.scheme, link.netloc) != ("countersign", "enroll"):
        raise Refused("not an enrolment link")
    pairs = parse_qsl(link.query)
    names = [name for name, _ in pairs if name in ("v", "server", "ticket", "root")]
    if sorted(names) != ["root", "server", "ticket", "v"]:
        raise Refused("a parameter is missing or stands twice")
    values = dict(pairs)
    if values["v"] != "1":
        raise Refused("another version")
    if not all(re.fullmatch(r"[A-Za-z0-9_-]{43}", values[name]) for name in ("ticket", "root")):
        raise Refused("not 43 characters of base64url")
    server = urlsplit(values["server"])
    loopback = server.hostname in ("localhost", "127.0.0.1", "::1")
    if server.scheme != "https" and not (server.scheme == "http" and loopback):
        raise Refused("a server without TLS")
    if not server.hostname or server.username or server.query or server.fragment:
        raise Refused("not the address of a server")
    return {name: values[name] for name in ("server", "ticket", "root")}


@pytest.mark.parametrize("link", LINKS["good"], ids=lambda link: link["server"])
def test_a_good_link_says_what_stands_beside_it(link):
    assert {"uri": link["uri"], **read_link(link["uri"])} == link


@pytest.mark.parametrize("link", LINKS["bad"], ids=lambda link: link["reason"])
def test_a_bad_link_is_refused(link):
    with pytest.raises(Refused):
        read_link(link["uri"])
