"""The folder ``schemas/reference``: reads its lists, stages a changed set beside it, puts new content in place."""

import csv
import io
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory

from streams.adapters.files.reference_files import CODE_LISTS, COLUMNS, read_reference
from streams.errors import ErrorKind, SelarasError
from streams.ports.reference import Delivery, Line, Row


class ReferenceFolder:
    """The reference files in use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def rows(self, name: str) -> Sequence[Row]:
        """See the port."""
        return [line.cells for line in _delivery(self._folder / name).lines]

    def delivered(self, path: Path) -> Delivery:
        """See the port."""
        return _delivery(path)

    def fingerprint(self) -> str:
        """See the port."""
        return read_reference(self._folder).fingerprint

    @contextmanager
    def stage(self, lists: Mapping[str, Sequence[Row]]) -> Iterator["StagedFolder"]:
        """See the port."""
        with TemporaryDirectory(prefix="selaras-reference-") as temporary:
            folder = Path(temporary) / "reference"
            folder.mkdir()
            for name in (*COLUMNS, CODE_LISTS):
                shutil.copyfile(self._folder / name, folder / name)
            for name, rows in lists.items():
                (folder / name).write_bytes(_written(_delivery(self._folder / name).columns, rows))
            yield StagedFolder(self._folder, Path(temporary), tuple(lists), read_reference(folder).fingerprint)


class StagedFolder:
    """A set beside the one in use."""

    def __init__(self, folder: Path, schemas_dir: Path, names: tuple[str, ...], fingerprint: str) -> None:
        """``names``: the files whose content is new."""
        self._folder = folder
        self._names = names
        self.schemas_dir = schemas_dir
        self.fingerprint = fingerprint

    def put_in_place(self) -> None:
        """See the port."""
        for name in self._names:
            try:
                _replace(self._folder / name, (self.schemas_dir / "reference" / name).read_bytes())
            except OSError as error:
                raise SelarasError(
                    ErrorKind.CONFIGURATION,
                    f"The file {self._folder / name} can't be written ({type(error).__name__}).",
                    "give this user the right to write there and import again",
                ) from error


def _delivery(path: Path) -> Delivery:
    try:
        content = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SelarasError(
            ErrorKind.CONFIGURATION,
            f"The file {path} can't be read as text in UTF-8 ({type(error).__name__}).",
            "check the path, or save the file as CSV in UTF-8",
        ) from error
    reader = csv.DictReader(io.StringIO(content, newline=""), strict=True)
    lines: list[Line] = []
    faults: list[str] = []
    columns: tuple[str, ...] = ()
    try:
        columns = tuple(name.strip() for name in reader.fieldnames or ())
        reader.fieldnames = columns
        for row in reader:
            if None in row or None in row.values():
                faults.append(f"line {reader.line_num}: the line has not as many fields as the header")
            else:
                lines.append(Line(reader.line_num, row))
    except csv.Error as error:
        faults.append(f"line {reader.line_num}: {error}")
    return Delivery(columns, tuple(lines), tuple(faults))


def _written(columns: Sequence[str], rows: Sequence[Row]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _replace(path: Path, content: bytes) -> None:
    """The file is the old one or the new one at every moment, also after a power failure."""
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
        draft = Path(file.name)
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            draft.chmod(path.stat().st_mode & 0o777)
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
