"""Reads ``schemas/totals/*.yaml``: every fault is told with file, line and column, all at once."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from streams.adapters.files.declared_files import DeclaredFile, Folder, Place, read_declared
from streams.drift.total import Total


def read_totals(folder: Path, projections: Sequence[str]) -> Sequence[Total]:
    """All control totals, in the order of their files' names; SelarasError (configuration) lists every fault.

    ``projections``: those that there are.
    """

    def faults(file: DeclaredFile) -> list[tuple[Place, str]]:
        content: dict[str, Any] = file.content
        unknown = [(number, name) for number, name in enumerate(content["projections"]) if name not in projections]
        found: list[tuple[Place, str]] = [
            (("projections", number), f"there is no mapping of {name}") for number, name in unknown
        ]
        if content["name"] != file.path.stem:
            found.append((("name",), "a control total has the name of its file"))
        groups = content["groups"]
        found += [
            (("moved", name), "this is none of the groups") for name in content.get("moved", {}) if name not in groups
        ]
        return found

    place = Folder(folder, folder.parent / "totals.schema.json", "The control totals have", "control total")
    return [_total(file.content) for file in read_declared(place, faults)]


def _total(content: dict[str, Any]) -> Total:
    declared = content.get("declared", {})
    return Total(
        name=content["name"],
        title_id=content["title"]["id"],
        title_en=content["title"]["en"],
        projections=tuple(content["projections"]),
        groups=tuple(content["groups"]),
        values=tuple(content.get("values", ())),
        legacy=content["legacy"],
        target=content["target"],
        moved=dict(content.get("moved", {})),
        declared=declared.get("keys", ""),
        because=declared.get("because", ""),
        listed=tuple(content.get("listed", ())),
    )
