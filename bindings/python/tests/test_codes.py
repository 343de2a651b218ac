"""Codes are those that pyotp makes."""

import hashlib
from datetime import datetime, timezone

import pyotp
import pytest
from countersign import Algorithm, CountersignError, OtpUriWarning, TotpEntry, TotpParameters

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
HASHES = {Algorithm.SHA1: hashlib.sha1, Algorithm.SHA256: hashlib.sha256, Algorithm.SHA512: hashlib.sha512}
TIMES = [0, 29, 30, 59, 1111111109, 1234567890, 2000000000, 20000000000]


@pytest.mark.parametrize("algorithm", HASHES)
@pytest.mark.parametrize("digits", [6, 7, 8])
@pytest.mark.parametrize("period", [30, 60])
def test_codes_are_those_of_pyotp(algorithm, digits, period):
    judge = pyotp.TOTP(SECRET, digits=digits, digest=HASHES[algorithm], interval=period)
    entry = TotpEntry("Acme", "mia", SECRET, TotpParameters(algorithm=algorithm, digits=digits, period=period))
    for seconds in TIMES:
        codes = entry.codes_at(datetime.fromtimestamp(seconds, timezone.utc))
        assert codes.current() == judge.at(seconds)
        assert codes.next() == judge.at(seconds + period)
        assert codes.grouped().replace(" ", "") == codes.current()
        assert (codes.valid_until() - codes.valid_from()).total_seconds() == period
        assert codes.valid_from().timestamp() <= seconds < codes.valid_until().timestamp()


def test_a_uri_is_read_and_written_as_pyotp_does():
    uri = pyotp.TOTP(SECRET, digits=8, name="mia@example.com", issuer="Acme & Co").provisioning_uri()
    entry = TotpEntry.parse(uri)
    assert (entry.issuer(), entry.account(), entry.warnings()) == ("Acme & Co", "mia@example.com", [])
    assert entry.parameters() == TotpParameters(algorithm=Algorithm.SHA1, digits=8, period=30)
    written = pyotp.parse_uri(entry.to_uri())
    assert (written.secret, written.issuer, written.name, written.digits) == (
        SECRET, "Acme & Co", "mia@example.com", 8,
    )  # fmt: skip


def test_what_is_odd_about_a_uri_is_told():
    [warning] = TotpEntry.parse(f"otpauth://totp/Bank:mia?secret={SECRET}&issuer=Acme").warnings()
    assert isinstance(warning, OtpUriWarning.ISSUER_MISMATCH)
    assert (warning.label, warning.parameter) == ("Bank", "Acme")


@pytest.mark.parametrize(
    ("uri", "field"),
    [
        ("https://acme.example", "uri"),
        ("otpauth://totp/mia", "secret"),
        ("otpauth://totp/mia?secret=018", "secret"),
        (f"otpauth://totp/mia?secret={SECRET}&digits=11", "digits"),
        (f"otpauth://hotp/mia?secret={SECRET}&counter=0", "type"),
    ],
)
def test_a_bad_uri_names_the_part_and_shows_no_secret(uri, field):
    with pytest.raises(CountersignError.InvalidInput) as error:
        TotpEntry.parse(uri)
    assert error.value.field == field
    assert SECRET not in str(error.value)


def test_a_time_that_no_server_has_is_refused():
    with pytest.raises(CountersignError.InvalidInput) as error:
        TotpEntry(None, "mia", SECRET).codes_at(datetime(1969, 12, 31, tzinfo=timezone.utc))
    assert error.value.field == "time"
