"""The private CA and the certificate it issues to this server: ECDSA P-256, cheap to sign for many devices."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_YEARS = 10
CERTIFICATE_DAYS = 365
RENEW_BEFORE = timedelta(days=60)
_BACKDATED = timedelta(days=1)
"""A device whose clock is a little behind must still find the certificate valid."""


@dataclass(frozen=True, slots=True)
class Authority:
    """The CA: its certificate and private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    @property
    def pem(self) -> bytes:
        """The certificate in PEM."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def der(self) -> bytes:
        """The certificate in DER."""
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def key_pem(self) -> bytes:
        """The private key in PEM."""
        return _key_pem(self.key)


def new_authority(now: datetime) -> Authority:
    """A fresh CA that may issue end certificates only."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Meröppet device CA")
    certificate = (
        _builder(name, name, key, now, timedelta(days=365 * AUTHORITY_YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Authority(certificate, key)


def authority(certificate_pem: bytes, key_pem: bytes) -> Authority:
    """The stored CA; ValueError if the files hold something else."""
    key = load_pem_private_key(key_pem, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("the CA's key is no elliptic curve key")
    return Authority(x509.load_pem_x509_certificate(certificate_pem), key)


def issue(by: Authority, names: Sequence[str], now: datetime) -> tuple[bytes, bytes]:
    """A server certificate for DNS names and addresses, and its private key, both in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _builder(_name("Meröppet server"), by.certificate.subject, key, now, timedelta(days=CERTIFICATE_DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key()), critical=False)
        .sign(by.key, hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.PEM), _key_pem(key)


def is_good(pem: bytes | None, by: Authority, names: Sequence[str], now: datetime) -> bool:
    """Whether a stored certificate is by this CA, for exactly these names, and not near its end."""
    if pem is None:
        return False
    certificate = x509.load_pem_x509_certificate(pem)
    stated = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    wanted = {_general_name(name) for name in names}
    return (
        certificate.issuer == by.certificate.subject
        and set(stated) == wanted
        and certificate.not_valid_after_utc - now > RENEW_BEFORE
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, lasts: timedelta
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(now - _BACKDATED).not_valid_after(now + lasts)


def _usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        key_cert_sign=certificates,
        crl_sign=certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
