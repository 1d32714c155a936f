"""How a proof looks, on a terminal and as JSON."""

from collections.abc import Mapping
from typing import Any

from streams.cli.render import out, print_table
from streams.services.proof import Proof
from streams.services.recompute import Computed


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
