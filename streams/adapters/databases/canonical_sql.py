"""Canonical texts in SQL, the same on both sides: ``streams.drift.canonical`` says what they are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from streams.adapters.databases.sql_names import quoted
from streams.drift.canonical import FIELD, INTEGERS, NULL, plain_type
from streams.ports.capture_check import Compared, Keys, Run
from streams.projection.catalog import Table

MOST_ARGUMENTS = 90  # of one function; PostgreSQL takes 100
FLOATS = ("real", "double precision")
Parameters = tuple[object, ...]


def legacy_form(column: Compared) -> str:
    """The column's text on the legacy side: what the connector makes of it, in the form that the mirror keeps."""
    name, kind = quoted(column.name), plain_type(column.type)
    if kind == "timestamp with time zone":
        return f"replace(({name} at time zone 'UTC')::text, ' ', 'T') || 'Z'"
    if kind == "bytea":
        return f"translate(encode({name}, 'base64'), E'\\n', '')"
    return f"trim_scale({name})::text" if kind == "numeric" else f"{name}::text"


def mirror_form(column: Compared) -> str:
    """The same of the mirror's column; a number that is none stays as it is."""
    name, kind, held = quoted(column.name), plain_type(column.type), plain_type(column.held)
    if kind == "numeric":
        number = f"trim_scale({name}::numeric)::text"
        return _valid(name, "numeric", number) if held == "text" else number
    if kind in FLOATS and held == "text":
        return _valid(name, kind, f"{name}::{kind}::text")
    return f"{name}::text"


def _valid(name: str, kind: str, number: str) -> str:
    return f"case when pg_input_is_valid({name}, '{kind}') then {number} else {name} end"


def row_text(forms: Sequence[str]) -> str:
    """The canonical text of a row."""
    return _joined([f"coalesce({form}, chr({ord(NULL)}))" for form in forms])


def _joined(texts: Sequence[str]) -> str:
    if len(texts) > MOST_ARGUMENTS:
        texts = [_joined(part) for part in _parts(texts)]
    return f"concat_ws(chr({ord(FIELD)}), {', '.join(texts)})"


def _nulls(forms: Sequence[str]) -> str:
    return " + ".join(f"num_nulls({', '.join(part)})" for part in _parts(forms))


def _parts(items: Sequence[str]) -> Iterable[Sequence[str]]:
    return [items[n : n + MOST_ARGUMENTS] for n in range(0, len(items), MOST_ARGUMENTS)]


@dataclass(frozen=True, slots=True)
class KeySql:
    """The column by which a table is gone over. ``is_bytewise``: the database orders texts by their bytes anyway."""

    table: Table
    is_bytewise: bool

    @property
    def column(self) -> str:
        """The column itself."""
        return quoted(self.table.named_by)

    @property
    def is_number(self) -> bool:
        """Whether it orders as numbers."""
        return self.table.columns[self.table.named_by].sql in INTEGERS

    @property
    def text(self) -> str:
        """The key's text."""
        return f"{self.column}::text" if self.table.key else f"coalesce({self.column}::text, '')"

    @property
    def order(self) -> str:
        """What to order by; an index on the column serves it."""
        return self.column if self.is_number or self.is_bytewise else f'{self.column} collate "C"'

    def condition(self, of: Keys | Run) -> tuple[str, Parameters]:
        """Which rows, as a condition and its parameters."""
        kind = "bigint" if self.is_number else "text"
        if isinstance(of, Keys):
            found = f"{self.column} = any(%s::{kind}[])"
            return (f"({found} or {self.column} is null)" if self._has_none(of) else found), (sorted(of.keys),)
        parts, values = [], []
        for sign, key in ((">", of.after), ("<=", of.last)):
            if key is not None:
                parts.append(f"{self.order} {sign} %s::{kind}")
                values.append(key)
        inside = " and ".join(parts) or "true"
        # A row without a business number comes before all that have one.
        nulls = not self.table.key and of.after is None
        return (f"({inside} or {self.column} is null)" if nulls else inside), tuple(values)

    def _has_none(self, of: Keys) -> bool:
        return not self.table.key and "" in of.keys


def digests_sql(key: KeySql, source: str, forms: Sequence[str], count: str, condition: str) -> str:
    """``k``, ``d``: key and digest (NULL: no canonical text) of the rows of ``source`` for which the condition holds.

    ``count``: how often a row is there, in a table without a key.
    """
    # Without the fence the text would be made anew wherever it is named.
    rows = (
        f"(select {key.text} as k, {row_text(forms)} as t, {_nulls(forms)} as z, {count} as n "
        f"from {source} where {condition} offset 0) as r"
    )
    # A value with a separator leaves more of them in the text than the columns account for. Two searches for one byte
    # each cost a fifth of what translate does.
    fields = f"octet_length(r.t) - octet_length(replace(r.t, chr({ord(FIELD)}), '')) = {len(forms) - 1}"
    nulls = f"octet_length(r.t) - octet_length(replace(r.t, chr({ord(NULL)}), '')) = r.z"
    digest = f"case when {fields} and {nulls} then md5(r.t) end"
    if key.table.key:
        return f"select r.k, {digest} as d from {rows}"
    contents = f"(select r.k, {digest} as d, sum(r.n) as n from {rows} group by 1, 2 having sum(r.n) <> 0) as c"
    parts = "string_agg(c.d || '*' || c.n, ',' order by c.d collate \"C\")"
    return f"select c.k, case when count(c.d) = count(*) then md5({parts}) end as d from {contents} group by 1"


def total_sql(key: KeySql, digests: str, *, with_keys: bool) -> str:
    """Count and digest of what ``digests`` gives, and its keys or none."""
    order = "s.k::bigint" if key.is_number else 's.k collate "C"'
    parts = f"string_agg(s.k || '=' || s.d, ',' order by {order})"
    keys = "array_agg(s.k)" if with_keys else "null"
    return (
        f"select count(*), case when count(s.d) = count(*) then md5(coalesce({parts}, '')) end, {keys} "
        f"from ({digests}) as s"
    )


def bound_sql(key: KeySql, source: str, condition: str) -> str:
    """The key some rows behind those for which the condition does not hold."""
    where = condition if key.table.key else f"{condition} and {key.column} is not null"
    # Named otherwise than the column, which the order would else take for the text.
    return f"select {key.column}::text as bound from {source} where {where} order by {key.order} offset %s limit 1"
