"""What of a key's values may be shown: everything when it is revealed, else what its mapping file allows."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from streams.projection.declaration import Column, Input, Projection, Term
from streams.projection.masking import masked


@dataclass(frozen=True, slots=True)
class Curtain:
    """Decides for one projection. ``known``: texts that are shown anyway, such as the key and its parts.

    ``looked_up``: the projections behind the look-ups, by look-up name.
    """

    projection: Projection
    looked_up: Mapping[str, Projection]
    known: Collection[str] = ()
    reveal: bool = False

    def read(self, one: Input, value: object, *, is_open: bool) -> str | None:
        """A value that a term read; ``is_open``: it is what the rule of an open column is about."""
        if value is None:
            return None
        if one.is_key or one.is_pseudo:
            return str(value)
        found = self.looked_up.get(one.source)
        if found is None:
            return self._behind(value, is_open=is_open)
        if one.column == found.key_column:
            return str(value)
        return self._behind(value, is_open=is_open or any(c.open for c in found.columns if c.name == one.column))

    def given(self, column: Column, giver: Term | None, value: object) -> str | None:
        """A value of the target that this term gave."""
        if value is not None and giver is not None and self._tells_nothing(giver):
            return str(value)
        if giver is not None and giver.lookup is not None:
            return self.read(Input(*giver.lookup), value, is_open=column.open)
        return self.held(column, value)

    def held(self, column: Column, value: object) -> str | None:
        """A value of the target that nobody knows the origin of."""
        if value is None:
            return None
        # Only texts can be something else than the column's name says: a date or an amount is one.
        if column.name == self.projection.key_column or (column.open and not isinstance(value, str)):
            return str(value)
        return self._behind(value, is_open=column.open)

    def _behind(self, value: object, *, is_open: bool) -> str | None:
        text = str(value)
        return text if self.reveal or text in self.known else masked(text, is_open=is_open)

    def _tells_nothing(self, term: Term) -> bool:
        """Whether its value comes of the mapping file, of the key, or of what no column of a row holds."""
        if term.lookup is not None:
            name, column = term.lookup
            return name in self.looked_up and column == self.looked_up[name].key_column
        return all(one.is_key or one.is_pseudo for one in term.inputs)
