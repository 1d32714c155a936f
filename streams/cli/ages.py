"""How long ago."""

UNITS = (("d", 86_400.0), ("h", 3_600.0), ("min", 60.0), ("s", 1.0))


def age(seconds: float | None) -> str:
    """An age in its largest unit: ``3.2 d``; a dash for none."""
    if seconds is None:
        return "-"
    unit, length = next((u for u in UNITS if seconds >= u[1]), UNITS[-1])
    return f"{seconds / length:,.1f} {unit}"
