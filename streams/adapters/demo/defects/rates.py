"""The option ``--defects``: which defects, how often."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from streams.adapters.demo.defects.register import BY_NAME, DEFECTS
from streams.errors import ErrorKind, SelarasError

NEXT_STEP = "Write one line a defect, 'NAME: RATE', with a rate from 0 to 1; docs/commands.md lists the names."


def defect_rates(choice: str) -> dict[str, float]:
    """Rates by name of ``default``, ``none``, ``all`` or a YAML or JSON file; those of rate 0 are left out.

    SelarasError (configuration) when the file can't be read, or names what the register does not hold.
    """
    match choice:
        case "none":
            return {}
        case "default":
            return {defect.name: defect.rate for defect in DEFECTS}
        case "all":
            return {defect.name: defect.often for defect in DEFECTS}
    return _read(Path(choice))


def _read(path: Path) -> dict[str, float]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SelarasError(
            ErrorKind.CONFIGURATION,
            f"The file of defects {path} can't be read.",
            "Give default, none, all, or the path of a file.",
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _wrong(path, "is neither YAML nor JSON") from error
    if not isinstance(content, Mapping):
        raise _wrong(path, "holds no defects by name")
    if unknown := sorted(str(name) for name in content if name not in BY_NAME):
        raise _wrong(path, f"names defects that do not exist: {', '.join(unknown)}")
    for name, rate in content.items():
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate <= 1:
            raise _wrong(path, f"gives {name} a rate that is not from 0 to 1")
    return {defect.name: float(content[defect.name]) for defect in DEFECTS if content.get(defect.name)}


def _wrong(path: Path, what: str) -> SelarasError:
    return SelarasError(ErrorKind.CONFIGURATION, f"The file of defects {path} {what}.", NEXT_STEP)
