"""Certificates for the stand-in: a CA of its own, one for the service and one for the relying party."""

import ipaddress
import os
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from server.eid.standin.reaching import Certificates, files_in

LASTS = timedelta(days=365)


def certificates(folder: Path, now: datetime) -> Certificates:
    """Fresh certificates in the folder, in place of those there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = files_in(folder)
    authority = ec.generate_private_key(ec.SECP256R1())
    service, party = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer = _name("BankID stand-in CA")
    root = _certificate(issuer, authority, issuer, authority, now, is_authority=True)
    made.authority.write_bytes(root)
    made.service.write_bytes(_certificate(_name("BankID stand-in"), service, issuer, authority, now))
    made.party.write_bytes(_certificate(_name("FP stand-in"), party, issuer, authority, now))
    _write_key(made.service_key, service)
    _write_key(made.party_key, party)
    return made


def _certificate(
    name: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    by: ec.EllipticCurvePrivateKey,
    now: datetime,
    *,
    is_authority: bool = False,
) -> bytes:
    addresses = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    uses = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + LASTS)
    builder = builder.add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    if not is_authority:
        from_issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key())
        builder = builder.add_extension(from_issuer, critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=False)
        builder = builder.add_extension(x509.SubjectAlternativeName(addresses), critical=False)
    return builder.sign(by, hashes.SHA256()).public_bytes(Encoding.PEM)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _write_key(file: Path, key: ec.EllipticCurvePrivateKey) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
