"""Mail by STARTTLS to a real server: encrypted for who shows a certificate that we trust for this name, and for nobody else."""

import socket
import ssl
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from uuid import uuid4

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.notices.mailing import send_letters
from app.notices.parcels import Letter


@contextmanager
def server(folder, *, name):
    """A mail server on this machine that takes nothing in the clear; (port, what it took, its certificate)."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    names = [x509.DNSName(name)] if name != "127.0.0.1" else [x509.IPAddress(ip_address(name))]
    today = datetime.now(UTC)
    made = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(today - timedelta(days=1)).not_valid_after(today + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    shown, secret = folder / f"{name}.pem", folder / f"{name}.key"
    shown.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    offered = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    offered.load_cert_chain(shown, secret)
    taken = []

    class Keep(Message):
        def handle_message(self, message):
            taken.append(message)

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(Keep(), hostname="127.0.0.1", port=port, require_starttls=True, tls_context=offered)
    controller.start()
    try:
        yield port, taken, shown
    finally:
        controller.stop()


def send(port):
    letter = Letter(1, uuid4(), 0, "a1", "chen@example.com", "今日", "三件事")
    return send_letters([letter], mail=f"smtp://127.0.0.1:{port}", sender="gridwork@example.com")[1]


def test_a_letter_goes_encrypted_to_a_server_whose_certificate_is_trusted(tmp_path, monkeypatch):
    with server(tmp_path, name="127.0.0.1") as (port, taken, shown):
        monkeypatch.setenv("SSL_CERT_FILE", str(shown))
        assert send(port).status == 250
    assert [message["To"] for message in taken] == ["chen@example.com"]


@pytest.mark.parametrize("name", ["127.0.0.1", "elsewhere.example"])
def test_nothing_is_sent_to_a_server_whose_certificate_is_unknown_or_for_another_name(tmp_path, monkeypatch, name):
    with server(tmp_path, name=name) as (port, taken, shown):
        if name != "127.0.0.1":
            monkeypatch.setenv("SSL_CERT_FILE", str(shown))
        assert send(port).error == "not sent: SSLCertVerificationError"
    assert taken == []
