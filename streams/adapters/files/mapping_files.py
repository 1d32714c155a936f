"""Reads ``schemas/mapping/*.yaml``: every fault is told with file, line and column, all at once."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from streams.adapters.files.declared_files import Folder, Mark, Place, read_declared, refuse, told
from streams.projection.declaration import Projection
from streams.projection.parse import parse_projection
from streams.projection.validate import MappingFault

SUBJECT = "The mapping has"


@dataclass(frozen=True, slots=True)
class MappingFiles:
    """The declarations, a fingerprint of their text, and where each part stands in its file."""

    projections: tuple[Projection, ...]
    fingerprint: str
    marks: Mapping[str, Mapping[Place, Mark]]

    def refuse(self, faults: Sequence[MappingFault]) -> None:
        """Raise one SelarasError that names every fault, or nothing when there is none."""
        refuse(SUBJECT, [told(f.file, self.marks.get(f.file, {}), f.path, f.message) for f in faults])


def read_mapping(folder: Path) -> MappingFiles:
    """All mapping files of a folder; SelarasError (configuration) lists every fault of shape."""
    files = read_declared(Folder(folder, folder.parent / "mapping.schema.json", SUBJECT, "mapping file"))
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.path.name}\n{file.text}\n".encode())
    projections = tuple(parse_projection(file.content, str(file.path)) for file in files)
    return MappingFiles(projections, digest.hexdigest(), {str(file.path): file.marks for file in files})
