"""Certificates for tests: a root of one's own that no system knows, and servers that it vouches for."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from contextlib import suppress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_PEM = serialization.Encoding.PEM
_A_DAY = datetime.timedelta(days=1)


class PrivateRoot:
    """A root certificate, as an organisation installs it on its machines; ``file`` is what vouches."""

    def __init__(self, folder: Path, name: str = "A root for tests") -> None:
        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        self._identity = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        usage = dict.fromkeys(
            ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False
        )
        sign = x509.KeyUsage(**usage, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False)
        made = self._builder(self._name, self._key).add_extension(sign, critical=True)
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        made = made.add_extension(self._identity, critical=False)
        self.file = folder / "root.crt"
        self.file.write_bytes(made.sign(self._key, hashes.SHA256()).public_bytes(_PEM))

    def vouch(self, *hosts: str) -> tuple[Path, Path]:
        """The files of a certificate for a server that is reached by these names or addresses, and of its key."""
        key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
        names = x509.SubjectAlternativeName([_general(host) for host in hosts])
        known = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(self._identity)
        made = self._builder(name, key).add_extension(names, critical=True).add_extension(known, critical=False)
        certificate, secret = self._folder / "server.crt", self._folder / "server.key"
        certificate.write_bytes(made.sign(self._key, hashes.SHA256()).public_bytes(_PEM))
        plain = serialization.NoEncryption()
        secret.write_bytes(key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, plain))
        return certificate, secret

    def serve(self, *hosts: str) -> ssl.SSLContext:
        """The TLS of such a server."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.vouch(*hosts))
        return context

    def _builder(self, name: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        made = x509.CertificateBuilder(self._name, name, key.public_key(), x509.random_serial_number())
        return made.not_valid_before(now - _A_DAY).not_valid_after(now + _A_DAY)


def _general(host: str) -> x509.GeneralName:
    with suppress(ValueError):
        return x509.IPAddress(ipaddress.ip_address(host))
    return x509.DNSName(host)
