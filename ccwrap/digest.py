"""Names that tell nobody what they stand for."""

from __future__ import annotations

try:
    from _blake2 import blake2b  # hashlib's own; hashlib would load OpenSSL for the others
except ImportError:
    from hashlib import blake2b


def digest(data: bytes, key: bytes = b"") -> str:
    """32 hexadecimal digits for `data`, by a key of 64 bytes at most."""
    return blake2b(data, key=key, digest_size=16).hexdigest()
