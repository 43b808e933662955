#!/usr/bin/env python3
"""Verifies a voucher with code that is not ours, and prints its claims as JSON.

    verify_voucher.py TOKEN PUBLIC_KEY

TOKEN is the text of a voucher, or @FILE; PUBLIC_KEY is the issuer's 32 bytes in hexadecimal or base64url (as `x` in a
JWK set), or @FILE. Needs the package `cwt` (3.3.0), and checks a second time with `pycose` (1.1.0) if it is there.

Exit code 0: the signature holds and the voucher is in its time; 1: it does not, and standard error says why. With
--at-any-time the times are not looked at.
"""

import argparse
import base64
import hashlib
import json
import sys
import zlib

import cbor2
import cwt

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
PREFIX = "EV1:"
MAX_INFLATED = 8 * 1024
CLAIMS = {1: "iss", 2: "sub", 3: "aud", 4: "exp", 5: "nbf", 6: "iat", 7: "cti", 65535: "status", -70001: "voucher"}
VOUCHER = {
    1: "version",
    2: "number",
    3: "masked_name",
    4: "programme",
    5: "title",
    6: "kinds",
    7: "amount_minor",
    8: "currency",
    9: "times",
    10: "region",
    11: "offline_limit_minor",
}


class Refused(Exception):
    """The voucher does not hold."""


def base45(text):
    """Decodes RFC 9285."""
    out = bytearray()
    for start in range(0, len(text), 3):
        group = text[start : start + 3]
        if len(group) == 1 or any(character not in ALPHABET for character in group):
            raise Refused("not base45")
        value = sum(ALPHABET.index(character) * 45**place for place, character in enumerate(group))
        size = len(group) - 1
        if value >= 256**size:
            raise Refused("not base45")
        out += value.to_bytes(size, "big")
    return bytes(out)


def inflate(packed):
    """Decodes RFC 1950, one whole stream within the limit."""
    inflater = zlib.decompressobj()
    try:
        out = inflater.decompress(packed, MAX_INFLATED)
    except zlib.error as error:
        raise Refused(f"not a zlib stream: {error}") from error
    if not inflater.eof or inflater.unused_data:
        raise Refused("not one whole zlib stream within the limit")
    return out


def argument(text):
    """Reads an argument that may name a file."""
    if text.startswith("@"):
        with open(text[1:], encoding="utf-8") as file:
            return file.read().strip("\r\n")
    return text


def public_key(text):
    """Reads 32 bytes in hexadecimal or base64url."""
    if len(text) == 64:
        return bytes.fromhex(text)
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def with_cwt(signed, key, kid, at_any_time):
    """Verifies with the package `cwt`, and returns the claims."""
    cose_key = cwt.COSEKey.new({1: 1, 2: kid, 3: -8, -1: 6, -2: key})
    try:
        protected, unprotected, payload = cwt.COSE.new(verify_kid=True).decode_with_headers(signed, cose_key)
        claims = cbor2.loads(payload) if at_any_time else cwt.CWT.new(leeway=1).decode(signed, cose_key)
    except (cwt.CWTError, ValueError) as error:
        raise Refused(f"cwt: {error}") from error
    if protected != {1: -8, 4: kid} or unprotected:
        raise Refused(f"the headers are not those of a voucher: {protected}, {unprotected}")
    return claims


def with_pycose(signed, key):
    """Verifies with the package `pycose`, if it is here."""
    try:
        from pycose.exceptions import CoseException
        from pycose.keys import OKPKey
        from pycose.keys.curves import Ed25519
        from pycose.messages import CoseMessage
    except ImportError:
        return "not installed"
    try:
        message = CoseMessage.decode(signed)
        message.key = OKPKey(crv=Ed25519, x=key)
        holds = message.verify_signature()
    except CoseException as error:
        raise Refused(f"pycose: {error}") from error
    if not holds:
        raise Refused("pycose: the signature does not hold")
    return "holds"


def thumbprint(key):
    """Returns the beginning of the key's thumbprint (RFC 9679)."""
    return hashlib.sha256(cbor2.dumps({1: 1, -1: 6, -2: key}, canonical=True)).digest()[:8]


def named(claims):
    """Returns the claims under their names, bytes in hexadecimal."""
    result = {CLAIMS.get(label, str(label)): value for label, value in claims.items()}
    result["voucher"] = {VOUCHER.get(label, str(label)): value for label, value in claims[-70001].items()}
    return result


def verify(token, key, at_any_time):
    """Verifies the text of a token and returns its claims, and what `pycose` says."""
    packed = base45(token.removeprefix(PREFIX))
    signed = inflate(packed)
    claims = with_cwt(signed, key, thumbprint(key), at_any_time)
    return named(claims), with_pycose(signed, key)


def main():
    parser = argparse.ArgumentParser(description="Verifies a voucher with code that is not ours.")
    parser.add_argument("token", help="the text of a voucher, or @FILE")
    parser.add_argument("public_key", help="32 bytes in hexadecimal or base64url, or @FILE")
    parser.add_argument("--at-any-time", action="store_true", help="check the signature alone")
    options = parser.parse_args()
    try:
        claims, pycose = verify(argument(options.token), public_key(argument(options.public_key)), options.at_any_time)
    except Refused as reason:
        print(f"refused: {reason}", file=sys.stderr)
        return 1
    print(json.dumps({"claims": claims, "cwt": "holds", "pycose": pycose}, default=bytes.hex, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
