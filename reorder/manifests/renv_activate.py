"""renv/activate.R: the script as releases of renv write it, and whether a restore leaves it so.

Form: renv 0.12.1 to 1.2.4, inst/resources/activate.R (a template), R/infrastructure.R (who writes
it), R/activate.R and R/metadata.R (with which version and md5), R/hash.R (that md5).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from reorder.manifests.reading import table

# The lines that a release fills in; all others are the template, known by its SHA-256.
_FILLED = re.compile(r'(?m)^  (?:version|attr\(version, "(md5|sha)"\)) <- (.*)\n')
_TEMPLATES = {
    "cb2fc5e1236c2951447c7bb51f68608e": "0.12.1 0.12.2",
    "57c73e247966ec8cb4b3d24255513d16": "0.12.3",
    "8183cdfe5402e806128e251ab3a3c908": "0.12.4",
    "db657336fdb5b5bf4ad18009ff032126": "0.12.5",
    "b451521affd41139ec80e3f412481ae9": "0.13.0 0.13.1",
    "6da9fc7974c9db8b96d4003f045c0572": "0.13.2",
    "f26e5cfe908c711b8cd431d7970857b1": "0.14.0",
    "8af61e5ab43067cff5786876bd6a325a": "0.15.0",
    "8e56ace022b59078de64d293a3543c30": "0.15.1 0.15.2",
    "f5cf8436b6cecefa6374f10719944194": "0.15.3",
    "3f085f2750776e9c1fa34bd8b2ef0797": "0.15.4",
    "0f3372e485136b2c1af003c0d219ea8d": "0.15.5",
    "d7e62ed1a5d3ff75ce8d1c434e929c53": "0.16.0",
    "13648bd8b3684a8db0d4677972337bec": "0.17.0 0.17.1 0.17.2",
    "1a2e15d8b8ee1c292589a47d48fc4783": "0.17.3",
    "9ae054695340a75f6045fdde9e0816b5": "1.0.0",
    "81f6387a0f26020b4e5d36fa3e2f2f30": "1.0.1 1.0.2",
    "ad2cce9abdad55951f706261e1ea1678": "1.0.3",
    "92b067bc560a753fb2fa340140505890": "1.0.4 1.0.5",
    "e79dd0f71907c21b47c12a2453a44d94": "1.0.6",
    "0d948e6edb53ad63c8558b6c01c1c830": "1.0.7",
    "e284a7c5640216c0bb67cafa3d14c0c3": "1.0.8 1.0.9 1.0.10",
    "208a1c38c7aac472930b918252c0f445": "1.0.11",
    "042c3fb52782a0f76d8047fafcd0a3a0": "1.1.0",
    "2de5bfa124b318d089eeb30646654ed6": "1.1.1 1.1.2",
    "1ca036b6fc356676f62b437f90e72d68": "1.1.3 1.1.4 1.1.5",
    "58f65e6b3af27596beb624f89f99dd69": "1.1.6",
    "fb26f430118b904279bd9e4364698186": "1.1.7",
    "4c12f1620137ac55a31dde87f7f0fd0b": "1.2.0 1.2.1 1.2.2 1.2.3 1.2.4",
}
_HASHED = (
    *("Package", "Version", "Title", "Author", "Maintainer", "Description"),
    *("Depends", "Imports", "Suggests", "LinkingTo"),
)


class Activate(Struct, frozen=True):
    """What a release wrote: its version, and the md5 of its record where it writes one."""

    version: str
    md5: str | None

    @property
    def since(self) -> tuple[int, ...]:
        """`1.0.10` -> `(1, 0, 10)`."""
        return tuple(map(int, self.version.split(".")))

    def kept(self, lock: Mapping[str, Any]) -> bool:
        """Whether the release writes the same script again for the record of the lock file."""
        record = table(lock.get("Packages")).get("renv")
        if record is None:
            return True
        if not isinstance(record, dict) or any(key.startswith("Remote") for key in record):
            return False
        return record.get("Version") == self.version and self.md5 in (None, _md5(record))


def written(text: str) -> Activate | None:
    """The release that wrote the script to the last byte; None when there is no such release."""
    text = text.replace("\r\n", "\n")
    filled = {found[1] or "version": found[2] for found in _FILLED.finditer(text)}
    version = filled.get("version", "").strip('"')
    body = hashlib.sha256(_FILLED.sub("", text).encode()).hexdigest()[:32]
    if version not in _TEMPLATES.get(body, "").split() or filled.get("sha", "NULL") != "NULL":
        return None
    md5 = filled.get("md5")
    whole = text.count(" <- ") and len(_FILLED.findall(text)) == len(filled)
    return Activate(version, md5.strip('"') if md5 else None) if whole else None


def _md5(record: Mapping[str, Any]) -> str | None:
    """The hash of a record, over its fields without blanks; None for what R may read otherwise."""
    if "Hash" in record:
        return str(record["Hash"])
    fields = {key: record[key] for key in sorted(_HASHED) if key in record}
    words = [
        f"{key}:{','.join(value) if isinstance(value, list) else value}"
        for key, value in fields.items()
    ]
    text = re.sub(r"\s", "", "".join(words))
    return (
        hashlib.md5(f"{text}\n".encode(), usedforsecurity=False).hexdigest()
        if text.isascii()
        else None
    )
