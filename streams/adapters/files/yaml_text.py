"""One reading of a YAML text gives both its nodes, which know their lines, and its plain values."""

from typing import Any

import yaml


def read_yaml(text: str) -> tuple[yaml.Node | None, Any]:
    """The root node (None for an empty text) and what it holds; YAMLError says what is wrong, and where."""
    try:
        return _read(text, yaml.CSafeLoader)
    except yaml.YAMLError:
        # libyaml is ten times as fast, but tells a fault in fewer words and with another place: PyYAML's own are shown.
        return _read(text, yaml.SafeLoader)


def _read(text: str, kind: type[yaml.CSafeLoader | yaml.SafeLoader]) -> tuple[yaml.Node | None, Any]:
    # Read twice, for making the values merges `<<` into the nodes: a key that overrides would look declared twice.
    return yaml.compose(text, Loader=kind), yaml.load(text, Loader=kind)  # noqa: S506 - both kinds are safe loaders
