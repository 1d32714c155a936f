"""How the planted difference of the demo fared."""

from streams.cli.render import print_table
from streams.services.drift_act import Act


def show_act(act: Act) -> None:
    """One line an entry of the ledger."""
    found = "not in time" if act.found_s is None else f"{act.found_s:.1f} s"
    verified = "not in time" if act.verified_s is None else f"{act.verified_s:.1f} s after the repair"
    print_table(
        f"Planted: {act.planted.deed}. Found after {found}; verified {verified}",
        ("entry", "check", "what", "cause", "state"),
        [(entry.id, entry.difference.check, entry.difference.kind, entry.cause, entry.state) for entry in act.entries],
    )
