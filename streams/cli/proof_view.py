"""How a proof looks, on a terminal and as JSON."""

from collections.abc import Iterator, Mapping
from typing import Any

from streams.cli.render import out, print_table
from streams.services.computed import Computed, Sample
from streams.services.proof import Proof


def show_proof(proof: Proof) -> None:
    """The proof as tables and one sentence."""
    if not proof.barrier.passed:
        out.print(f"[red]Not proven: {proof.barrier.reason}[/red] (step: {proof.barrier.hung})")
        out.print(f"Next: {proof.next_step}", highlight=False)
        return
    print_table(
        "Legacy beside its mirror",
        ("table", "legacy rows", "mirror rows", "missing", "extra", "different"),
        [(t.table, t.legacy_rows, t.mirror_rows, t.missing, t.extra, t.different) for t in proof.tables],
    )
    if proof.computed is not None:
        show_computed(proof.computed, "different", proof.rows)
    if proof.equal:
        out.print("[green]Equal: legacy = mirror, and target = f(mirror), row by row.[/green]")
    else:
        for table in (t for t in proof.tables if not t.same):
            out.print(f"{table.table}: among others {', '.join(table.samples)}", highlight=False)
        if proof.computed is not None:
            show_samples(proof.computed)
        out.print("[red]Different: see the counts above.[/red]")
        out.print(f"Next: {proof.next_step}", highlight=False)


def plain_proof(proof: Proof) -> dict[str, Any]:
    """The proof as one JSON document; partitions are lists of topic, partition and offset."""
    barrier = proof.barrier
    return {
        "equal": proof.equal,
        "next_step": proof.next_step,
        "barrier": {
            "passed": barrier.passed,
            "position": barrier.position,
            "hung": barrier.hung,
            "reason": barrier.reason,
            "seconds": barrier.seconds,
            "behind": barrier.behind,
            "ends": [[topic, partition, end] for (topic, partition), end in sorted(barrier.ends.items())],
        },
        "tables": proof.tables,
        "computed": proof.computed,
        "rows": proof.rows,
    }


def show_computed(computed: Computed, word: str, rows: Mapping[str, int] | None = None) -> None:
    """Keys by outcome, a line each projection; ``word``: what its differing rows were."""
    counts = rows or {}
    print_table(
        "Keys computed by outcome",
        ("table", "row", "waiting", "quarantined", "absent", "in target", word, "removed"),
        [
            (
                name,
                kinds.get("row", 0),
                kinds.get("waiting", 0),
                kinds.get("quarantined", 0),
                kinds.get("absent", 0),
                counts.get(name),
                computed.differing[name],
                computed.removed[name],
            )
            for name, kinds in computed.keys.items()
        ],
    )


def show_preview(computed: Computed) -> None:
    """What would change, with samples."""
    print_table(
        "What computing these keys would change; nothing was written",
        (*("table", "row", "waiting", "quarantined", "absent"), *("written", "removed", "along", "of no key")),
        [
            (
                name,
                *(kinds.get(kind, 0) for kind in ("row", "waiting", "quarantined", "absent")),
                computed.differing[name],
                computed.removed[name],
                computed.along.get(name, 0),
                computed.left_over.get(name),
            )
            for name, kinds in computed.keys.items()
        ],
    )
    for source, count in computed.rekeyed.items():
        out.print(f"{source}: {count:,} source rows would get other keys; the rows of these are not in the counts.")
    show_samples(computed)
    if not computed.changes:
        out.print("[green]Nothing would change.[/green]")


def show_samples(computed: Computed) -> None:
    """Rows that differ, ten a table at most: by column what is there and what the mapping says, behind masks."""
    rows = [row for name, samples in computed.samples.items() for one in samples for row in _lines(name, one)]
    if rows:
        print_table("Among others", ("table", "key", "column", "in target", "by the mapping"), rows)


def _lines(table: str, one: Sample) -> Iterator[tuple[object, ...]]:
    if one.before is None or one.after is None:
        yield table, one.key, "", *(("no row", "a row") if one.before is None else ("a row", "no row"))
        return
    for column, before in one.before.items():
        yield table, one.key, column, before, one.after[column]
