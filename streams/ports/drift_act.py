"""Who changes a row of the target behind our back, for all to see how it is found."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PlantedRow:
    """A row that was changed behind our back. ``deed``: what was done, in words."""

    table: str
    key: str
    deed: str


class Planting(Protocol):
    """Somebody who is not us."""

    def plant(self) -> PlantedRow:
        """Change a row of the target."""
