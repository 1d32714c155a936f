"""The connector's configuration, from a template in ``connectors/``."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from streams.errors import ErrorKind, SelarasError

_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")


def read_connector(path: Path, values: Mapping[str, str]) -> dict[str, str]:
    """The configuration with ``{{name}}`` replaced by ``values``. SelarasError (configuration) names what is wrong.

    Passwords are not among the values: the file refers to them as ``${dir:FOLDER:ROLE}``, and Connect reads them.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SelarasError(ErrorKind.CONFIGURATION, f"The connector file {path} cannot be read.") from error
    unknown = sorted({name for name in _PLACEHOLDER.findall(text) if name not in values})
    if unknown:
        raise SelarasError(ErrorKind.CONFIGURATION, f"{path} has placeholders without a value: {', '.join(unknown)}.")
    filled = _PLACEHOLDER.sub(lambda match: json.dumps(values[match[1]])[1:-1], text)
    try:
        config = json.loads(filled)
    except json.JSONDecodeError as error:
        raise SelarasError(
            ErrorKind.CONFIGURATION, f"{path} is not JSON: {error.msg} (line {error.lineno}, column {error.colno})."
        ) from error
    if not isinstance(config, dict) or not all(isinstance(value, str) for value in config.values()):
        raise SelarasError(ErrorKind.CONFIGURATION, f"{path} must be one object whose values are all texts.")
    return config
