"""Signatures of releases: Ed25519 over the bytes of manifest.json, in a file of 64 bytes beside it.

Needs the extra `sign`. Keys are PEM files that other tools read as well, so a release can be checked without this
program: openssl pkeyutl -verify -pubin -inkey KEY.pub -rawin -in manifest.json -sigfile manifest.sig
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from review.errors import NotFound, ReleaseError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SIGNATURE = "manifest.sig"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What others check a signature with."""

    key: Ed25519PublicKey
    fingerprint: str  # sha256 of the 32 raw bytes, hex

    def signed(self, content: bytes, signature: bytes) -> bool:
        """Whether the signature is this key's, of this content."""
        from cryptography.exceptions import InvalidSignature

        try:
            self.key.verify(signature, content)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    """What a release is signed with. Whoever has the file can sign."""

    key: Ed25519PrivateKey
    public: PublicKey

    def sign(self, content: bytes) -> bytes:
        return bytes(self.key.sign(content))


def new_key(path: Path) -> PublicKey:
    """Write a new key pair: `path`, for its owner alone, and `path` with .pub behind it. Never replaces a file."""
    ed25519, serialization = _cryptography()
    public_path = path.with_name(f"{path.name}.pub")
    taken = next((one for one in (path, public_path) if one.exists() or one.is_symlink()), None)
    if taken is not None:
        raise ReleaseError(f"{taken} exists already; a key is never replaced. Choose another name.")
    key = ed25519.Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(private)
        with public_path.open("xb") as file:
            file.write(public)
    except OSError as error:
        raise ReleaseError(f"The key could not be written to {path}: {error.strerror}.") from error
    return _public(key.public_key())


def load_signing_key(path: Path) -> SigningKey:
    """The private key in a PEM file. Raises NotFound or ReleaseError."""
    ed25519, serialization = _cryptography()
    try:
        key = serialization.load_pem_private_key(_content(path), password=None)
    except (ValueError, TypeError) as error:  # TypeError: it is encrypted
        raise ReleaseError(
            f"{path} holds no unencrypted private key: {error}. Make one: review key new FILE."
        ) from error
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise ReleaseError(f"{path} holds another kind of key; allowed is Ed25519. Make one: review key new FILE.")
    return SigningKey(key, _public(key.public_key()))


def load_public_key(path: Path) -> PublicKey:
    """The public key in a PEM file. Raises NotFound or ReleaseError."""
    ed25519, serialization = _cryptography()
    try:
        key = serialization.load_pem_public_key(_content(path))
    except ValueError as error:
        raise ReleaseError(
            f"{path} holds no public key: {error}. Name the .pub file of the key that signed."
        ) from error
    if not isinstance(key, ed25519.Ed25519PublicKey):
        raise ReleaseError(f"{path} holds another kind of key; allowed is Ed25519.")
    return _public(key)


def signature_problem(folder: Path, content: bytes, said: object, key: PublicKey | None) -> str | None:
    """Why the signature beside a manifest does not hold; None: it does, or none was promised and none is asked for.

    `said` is the fingerprint of the key that the manifest names.
    """
    path = folder / SIGNATURE
    if said is None and key is None:
        return None
    if said is None:
        return f"{SIGNATURE}: the release was made without a signature, so the key cannot vouch for it."
    if not path.is_file():
        return f"{SIGNATURE} is missing, though the manifest names the key {str(said)[:16]} that signed it."
    if key is None:
        return None
    if said != key.fingerprint:
        return f"{SIGNATURE}: signed with the key {str(said)[:16]}, not with yours, {key.fingerprint[:16]}."
    if not key.signed(content, path.read_bytes()):
        return f"{SIGNATURE} is not this key's signature of this manifest: one of the two was changed."
    return None


def _public(key: Ed25519PublicKey) -> PublicKey:
    return PublicKey(key, hashlib.sha256(key.public_bytes_raw()).hexdigest())


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotFound(f"There is no key at {path}: {error.strerror}. Make one: review key new FILE.") from error


def _cryptography() -> tuple[Any, Any]:
    """The modules `ed25519` and `serialization`. Raises ReleaseError when the extra is not installed."""
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError as error:
        raise ReleaseError("Signatures need the extra `sign`: pip install 'review-desk[sign]'.") from error
    return ed25519, serialization
