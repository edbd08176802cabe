"""Certificates for servers on loopback: good, expired, self-signed, of an unknown CA."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from typing import TYPE_CHECKING

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("127.0.0.1", "localhost", "::1")
NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)


class Certificates:
    """A certificate authority of this test's own.

    ca_file      its certificate, PEM: for NODE_EXTRA_CA_CERTS and SSL_CERT_FILE
    client_cert  a client's certificate that it has signed, and client_key
    """

    def __init__(self, folder: Path) -> None:
        self._ca = trustme.CA()
        self._folder = folder
        self.ca_file = folder / "ca.pem"
        self._ca.cert_pem.write_to_path(str(self.ca_file))
        client = self._ca.issue_cert("client@example.com")
        self.client_cert = folder / "client.pem"
        self.client_key = folder / "client.key"
        client.cert_chain_pems[0].write_to_path(str(self.client_cert))
        client.private_key_pem.write_to_path(str(self.client_key))

    def good(self, *names: str) -> ssl.SSLContext:
        """A server's context for `names` (loopback's by default), signed by the CA."""
        return _context(self._ca.issue_cert(*(names or NAMES)))

    def expired(self) -> ssl.SSLContext:
        """Signed by the CA, and over since yesterday."""
        return _context(self._ca.issue_cert(*NAMES, not_before=NOW - 30 * DAY, not_after=NOW - DAY))

    def unknown(self) -> ssl.SSLContext:
        """Signed by a CA that nobody trusts."""
        return _context(trustme.CA().issue_cert(*NAMES))

    def asks_for_client(self) -> ssl.SSLContext:
        """A good certificate, and only clients with one of the CA's are let in."""
        context = self.good()
        context.verify_mode = ssl.CERT_REQUIRED
        self._ca.configure_trust(context)
        return context

    def self_signed(self) -> ssl.SSLContext:
        """A certificate that has signed itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = _built("localhost", key, "localhost", key, leaf=True)
        return self._served("self-signed", key, made)

    def of_plain_authority(self) -> tuple[ssl.SSLContext, Path]:
        """Signed by a CA whose certificate has no keyUsage, and that CA's file.

        Python 3.13 refuses such a CA by default (VERIFY_X509_STRICT); claude doesn't.
        """
        authority = ec.generate_private_key(ec.SECP256R1())
        file = self._folder / "plain-ca.pem"
        made = _built("Plain CA", authority, "Plain CA", authority, leaf=False)
        file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = _built("localhost", key, "Plain CA", authority, leaf=True)
        return self._served("plain-leaf", key, leaf), file

    def _served(
        self, name: str, key: ec.EllipticCurvePrivateKey, made: x509.Certificate
    ) -> ssl.SSLContext:
        file = self._folder / f"{name}.pem"
        file.write_bytes(_private(key) + made.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def _built(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    signer: ec.EllipticCurvePrivateKey,
    *,
    leaf: bool,
) -> x509.Certificate:
    """A certificate with no extensions but its addresses, or that it is a CA's."""
    addresses = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(subject))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + 30 * DAY)
    )
    if leaf:
        builder = builder.add_extension(x509.SubjectAlternativeName(addresses), critical=False)
    else:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
    return builder.sign(signer, hashes.SHA256())


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def _context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
