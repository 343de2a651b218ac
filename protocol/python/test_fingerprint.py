"""Checks vectors/fingerprint.json with an implementation of its own, written from the description of version 1."""

import base64
import hashlib
import hmac
import json
import pathlib

import pytest

VECTORS = json.loads((pathlib.Path(__file__).parent.parent / "vectors" / "fingerprint.json").read_text("utf-8"))

OPTIMAL = {"os_family", "architecture", "model", "machine_id", "app_id"}
STABLE = OPTIMAL | {"os_version", "processor_class", "memory_class"}


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sha256(*parts: str) -> str:
    return base64url(hashlib.sha256("\0".join(parts).encode()).digest())


def fingerprint(salt: bytes, signals: dict[str, str]) -> dict:
    def signal_hash(name: str, value: str) -> str:
        message = "\0".join(["countersign-fp-v1", name, value]).encode()
        return base64url(hmac.new(salt, message, hashlib.sha256).digest())

    hashes = {name: signal_hash(name, value) for name, value in sorted(signals.items()) if value}

    def level(name: str, members: set[str]) -> str:
        entries = [part for signal in sorted(members & set(hashes)) for part in (signal, hashes[signal])]
        return sha256("countersign-fp-v1-level", name, *entries, "")

    levels = {
        "optimal": level("optimal", OPTIMAL),
        "stable": level("stable", STABLE),
        "unique": level("unique", set(hashes)),
    }
    identity = sha256("countersign-fp-v1-id", levels["optimal"])
    return {"version": 1, "id": identity, "levels": levels, "signals": hashes}


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_fingerprints_are_those_of_the_vectors(case):
    salt = base64.urlsafe_b64decode(case["salt"] + "=")
    assert fingerprint(salt, case["signals"]) == case["fingerprint"]
