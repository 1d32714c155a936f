"""The planted defects as a file of JSON lines."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from streams.errors import ErrorKind, SelarasError
from streams.ports.demo import Planted

_DECODER = msgspec.json.Decoder(Planted)


def record_path(home: Path) -> Path:
    """Where the defects of this home are written down."""
    return home / "demo" / "defects.jsonl"


def planted(home: Path) -> Sequence[Planted]:
    """Every defect written down in this home, in the order of planting."""
    return DefectFile(record_path(home)).read()


class DefectFile:
    """Implements ``DefectRecord``. It is written after the data are committed: it may lack the defects of a process
    that was killed between the two, and never holds one that is not in the data.
    """

    def __init__(self, path: Path) -> None:
        """The file; its folder is made when the first defect is written."""
        self._path = path

    def start(self, planted: Sequence[Planted]) -> None:
        """See the port."""
        self._path.unlink(missing_ok=True)
        self.add(planted)

    def add(self, planted: Sequence[Planted]) -> None:
        """See the port."""
        if planted:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab+") as file:
                file.seek(0)
                file.truncate(file.read().rfind(b"\n") + 1)  # a line that a killed process left unfinished
                file.write(b"".join(msgspec.json.encode(one) + b"\n" for one in planted))

    def read(self) -> Sequence[Planted]:
        """See the port. A last line that a killed process left unfinished is passed over."""
        try:
            lines = self._path.read_bytes().split(b"\n")[:-1]
        except FileNotFoundError:
            return ()
        try:
            return tuple(_DECODER.decode(line) for line in lines)
        except msgspec.DecodeError as error:
            raise SelarasError(
                ErrorKind.CONFIGURATION,
                f"The record of planted defects {self._path} is damaged.",
                "Start over with 'selaras stack reset' and 'selaras seed', or go on with '--defects none'.",
            ) from error
