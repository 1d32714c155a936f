"""Control totals as tables."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from streams.cli.render import out, print_table
from streams.drift.total import Explained, Line, Total, Values
from streams.ports.totals import TotalResult


def show_summary(results: Sequence[TotalResult]) -> None:
    """One line a total."""
    print_table(
        "Control totals",
        ("total", "what", "groups", "legacy", "target", "explained", "groups with a rest"),
        [
            (
                result.total.name,
                result.total.title_en,
                len(result.lines),
                _number(sum((line.legacy[0] for line in result.lines), Decimal(0))),
                _number(sum((line.target[0] for line in result.lines), Decimal(0))),
                _explained(result.lines) or "-",
                sum(not line.agrees for line in result.lines),
            )
            for result in results
        ],
    )
    if all(result.agrees for result in results):
        out.print("Both sides agree in every group, but for what is explained.")
    else:
        out.print("Groups have a rest that nothing explains. 'selaras drift totals NAME' shows them.")


def show_total(result: TotalResult) -> None:
    """Every group of one total."""
    values = ("rows", *result.total.values)
    heads = [f"{side} {name}" for name in values for side in ("legacy", "target", "rest")]
    print_table(
        f"{result.total.title_en} ({result.total.name})",
        (*result.total.groups, *heads, "explained", "keys behind the rest"),
        [
            (*(text or "-" for text in line.group), *_figures(line), _explained([line]) or "-", _keys(line))
            for line in result.lines
        ],
    )
    if result.total.because and any(Explained.DECLARED in line.explained for line in result.lines):
        out.print(f"Declared: {result.total.because}")


def show_listed(total: Total, group: Sequence[str], rows: Mapping[str, Sequence[tuple[str, ...]]]) -> None:
    """Count and list of a group on both sides, and what stands on one side alone."""
    legacy, target = rows["legacy"], rows["target"]
    both = set(legacy) & set(target)
    print_table(
        f"{total.title_en}: {', '.join(group)} - legacy {len(legacy):,}, target {len(target):,}",
        ("key", *total.listed, "where"),
        [(*row, "both" if row in both else "legacy alone") for row in legacy]
        + [(*row, "target alone") for row in target if row not in both],
    )


def _figures(line: Line) -> list[str]:
    sides: tuple[Values, ...] = (line.legacy, line.target, line.rest)
    return [_number(side[place]) for place in range(len(line.legacy)) for side in sides]


def _explained(lines: Sequence[Line]) -> str:
    counts: dict[str, Decimal] = {}
    for line in lines:
        for reason, values in line.explained.items():
            if reason is not Explained.REST:
                counts[reason] = counts.get(reason, Decimal(0)) + abs(values[0])
    return ", ".join(f"{reason} {_number(count)}" for reason, count in sorted(counts.items()))


def _keys(line: Line) -> str:
    more = len(line.keys) - 3
    return ", ".join(line.keys[:3]) + (f" and {more} more" if more > 0 else "") or "-"


def _number(value: Decimal) -> str:
    return f"{value.normalize():,f}" if value else "0"
