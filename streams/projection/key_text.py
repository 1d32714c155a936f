"""Projections whose target key is the key's own text."""

from streams.projection.declaration import Projection

KEEP_TEXT = frozenset({"COPY", "NIB13"})  # rules that give the text as it is, or refuse


def is_key_text(projection: Projection) -> bool:
    """Whether each row's key column holds the text of its key, so that target rows tell keys by themselves."""
    term = projection.columns[0].terms[0]
    whole = len(term.inputs) == 1 and term.inputs[0].is_key and not term.inputs[0].column
    return not projection.virtual and term.rule in KEEP_TEXT and whole
