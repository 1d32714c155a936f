"""Random histories of the legacy tables, and random ways in which their events reach the engine."""

from collections.abc import Sequence
from random import Random

from hypothesis import strategies as st

from streams.changes.chunk import Chunk
from tests.histories_tables import DEEDS, FIXED, SURROGATES, VALUES
from tests.history import Emitted, History, Row, delivered

Plan = list[tuple[tuple[str, str], int]]


def _plan(size: int, seed: int) -> Plan:
    random = Random(seed)
    return [(random.choice(DEEDS), random.getrandbits(32)) for _ in range(size)]


deeds = st.builds(_plan, st.integers(4, 60), st.integers(0, 2**32))
"""What happens, each with a seed for its details. A failing plan shrinks to its shortest failing beginning."""


def live_through(history: History, plan: Plan, present: int) -> None:
    """Let the deeds happen; of those, the first ``present`` before the initial snapshot, which reads their result."""
    for number, (deed, seed) in enumerate(plan):
        if number == present:
            _read_all(history)
        _do(history, deed, Random(seed))
    if present >= len(plan):
        _read_all(history)
    history.commits()


def _read_all(history: History) -> None:
    history.commits()
    history.log.clear()
    for table in VALUES:
        history.snapshot(table, 500)


def _do(history: History, deed: tuple[str, str], random: Random) -> None:
    what, table = deed
    rows = history.rows.get(table, [])
    if what == "commit":
        history.commits()
    elif what == "truncate":
        history.truncate(random.choice(list(VALUES)), random.randrange(history.partitions))
    elif what == "insert":
        history.insert(table, **_new(history, table, random))
    elif what == "copy":
        history.copy(table, [_new(history, table, random) for _ in range(3)])
    elif rows:
        _change(history, deed, random.choice(rows), random)


def _change(history: History, deed: tuple[str, str], row: Row, random: Random) -> None:
    what, table = deed
    if what == "delete":
        history.delete(table, row)
    elif what == "double":
        history.insert(table, **row)
    elif what == "reread":
        history.commits()
        history.reread(table, history.rows[table])
    elif what == "rekey":
        history.update(table, row, **{SURROGATES[table]: _surrogate(history)}, **_some(table, random, 0.2))
    else:
        history.update(table, row, **_some(table, random, 0.3))


def _new(history: History, table: str, random: Random) -> Row:
    key = {SURROGATES[table]: _surrogate(history)} if table in SURROGATES else {}
    return {**FIXED[table], **key, **_some(table, random, 1.0)}


def _some(table: str, random: Random, share: float) -> Row:
    return {name: random.choice(values) for name, values in VALUES[table].items() if random.random() < share}


def _surrogate(history: History) -> int:
    history.lsn += 10
    return history.lsn


def crashed(log: Sequence[Emitted], random: Random, crashes: int) -> list[Emitted]:
    """The same with a connector that crashed: each time it sends again what it had sent last, in order."""
    first = next((n for n, (_, _, _, value) in enumerate(log) if b'"op": "r"' not in value), len(log))
    sent: list[Emitted] = list(log[:first])
    at = first
    for _ in range(crashes):
        until = random.randint(at, len(log))
        sent += log[at:until]
        at = random.randint(max(first, until - 12), until)
    return [*sent, *log[at:]]


def batches(log: Sequence[Emitted], random: Random, largest: int) -> list[list[Chunk]]:
    """Partitions cut into chunks, chunks shuffled across partitions, several to a batch."""
    queues = [list(_cut(chunk, random, largest)) for chunk in delivered(log)]
    found: list[list[Chunk]] = []
    while queues:
        batch = []
        for _ in range(random.randint(1, 4)):
            if queues:
                queue = random.choice(queues)
                batch.append(queue.pop(0))
                queues = [q for q in queues if q]
        found.append(batch)
    return found


def _cut(chunk: Chunk, random: Random, largest: int) -> list[Chunk]:
    parts, left = [], chunk
    while left.records:
        end = left.start + random.randint(1, largest)
        parts.append(Chunk(left.topic, left.partition, left.start, [r for r in left.records if r.offset < end]))
        left = left.since(end)
    return parts
