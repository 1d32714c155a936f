"""How drift looks: on a terminal, and as one JSON document."""

from collections.abc import Iterator, Mapping, Sequence
from math import floor
from typing import Any

from streams.cli.ages import age
from streams.cli.render import out, print_facts, print_table
from streams.drift.coverage import Coverage
from streams.drift.difference import Check
from streams.drift.entry import UNSETTLED, Entry, EntryState, Transition
from streams.ports.drift_status import DriftReading
from streams.services import drift_told
from streams.services.drift import DriftPicture, runs, unsettled


def print_drift(picture: DriftPicture) -> None:
    """Coverage, differences by cause, keys without a verdict, what is needed."""
    reading = picture.reading
    out.print(f"Monitor: {monitor_word(reading)}", highlight=False)
    print_table(
        "Coverage",
        ("check", "table", "keys", "verified", "pending", "unknown", "oldest look"),
        [_coverage_row(reading, one) for one in reading.coverage],
    )
    groups = by_cause(reading)
    if groups:
        columns = ("cause", "state", "check", "table", "differences", "oldest", "last seen")
        rows = [(*group, count, age(first), f"{age(last)} ago") for group, (count, first, last) in groups.items()]
        print_table("Differences by cause, without verified ones", columns, rows)
    if reading.unknown:
        rows = [(one.check, one.table, one.reason, one.count, age(one.oldest_s)) for one in reading.unknown]
        print_table("Keys without a verdict", ("check", "table", "reason", "keys", "oldest"), rows)
    for line in picture.needed:
        out.print(f"[yellow]{line}[/yellow]", highlight=False)
    if picture.is_well:
        out.print("[green]Everything was looked at; nothing is open.[/green]")


def plain_drift(reading: DriftReading) -> dict[str, Any]:
    """Everything of a reading; shares from 0 to 1, ages in seconds."""
    return {
        "monitor": {"running": runs(reading), "said": reading.said, "seen_s": reading.seen_s},
        "behind_s": reading.behind_s,
        "unsettled": unsettled(reading),
        "unknown": sum(one.count for one in reading.unknown),
        "coverage": [{**_fields(one), "share": one.share, "age_s": one.age_s(reading.at)} for one in reading.coverage],
        "groups": reading.groups,
        "without_verdict": reading.unknown,
    }


def summary_rows(reading: DriftReading) -> Iterator[tuple[str, str, str]]:
    """The lines of the whole status."""
    yield "drift", "monitor", monitor_word(reading)
    causes: dict[str, int] = {}
    for group in reading.groups:
        if group.state in UNSETTLED:
            causes[group.cause] = causes.get(group.cause, 0) + group.count
    told = ", ".join(f"{count:,} {name}" for name, count in sorted(causes.items(), key=lambda one: (-one[1], one[0])))
    yield "", "differences not settled", told or "none"
    unknown = sum(one.count for one in reading.unknown)
    if unknown:
        yield "", "keys without a verdict", f"{unknown:,}"
    for check in Check:
        theirs = [one for one in reading.coverage if one.check is check]
        if theirs:
            least = min(theirs, key=lambda one: one.share)
            ages = [one.age_s(reading.at) for one in theirs]
            oldest = age(max(a for a in ages if a is not None)) if None not in ages else "not all looked at yet"
            yield "", f"verified by the {check} check", f"{percent(least.share)} ({least.table}), oldest look {oldest}"


def monitor_word(reading: DriftReading) -> str:
    """What the monitor said last, and when, unless it is alive."""
    if reading.seen_s is None or runs(reading):
        return reading.said
    return f"not running, last word {age(reading.seen_s)} ago: {reading.said}"


def by_cause(reading: DriftReading) -> Mapping[tuple[str, ...], tuple[int, float, float]]:
    """By cause, state, check and table: entries that are not verified, the age of the oldest and of the last look."""
    found: dict[tuple[str, ...], tuple[int, float, float]] = {}
    for group in reading.groups:
        if group.state is EntryState.VERIFIED:
            continue
        place = (group.cause.value, group.state.value, group.check.value, group.table)
        first, last = ((reading.at - moment).total_seconds() for moment in (group.first_seen, group.last_seen))
        count, oldest, newest = found.get(place, (0, first, last))
        found[place] = (count + group.count, max(oldest, first), min(newest, last))
    return dict(sorted(found.items()))


def print_entries(entries: Sequence[Entry]) -> None:
    """A line each."""
    columns = ("entry", "check", "table", "key", "what", "columns", "cause", "state", "first seen", "detected")
    print_table("Differences", columns, [_entry_row(entry) for entry in entries])


def print_entry(entry: Entry) -> None:
    """One entry, its values side by side."""
    one = entry.difference
    print_facts(
        {
            "entry": f"{entry.id}, {entry.state} ({_times(entry.times)})",
            "found by": f"{one.check} check",
            "table": one.table,
            "key": one.key,
            "what": drift_told.kind(one),
            "cause": f"{entry.cause}. {drift_told.evidence(entry)}",
            "seen": f"first {_moment(entry.first_seen)}, last {_moment(entry.last_seen)}",
            "detected after": _detected(entry),
            "position": one.position or None,
            **_decided(entry),
            "next": drift_told.next_step(entry) or None,
        }
    )
    if one.columns:
        rows = [(name, expected, found) for name, (expected, found) in one.columns.items()]
        print_table("Columns that differ, masked", ("column", "must be", "is"), rows)


def plain_entry(entry: Entry) -> dict[str, Any]:
    """Everything of an entry, with its cause in words and the next step."""
    one = _fields(entry.difference)
    columns = {name: {"expected": e, "found": f} for name, (e, f) in entry.difference.columns.items()}
    told = {"evidence": drift_told.evidence(entry), "next_step": drift_told.next_step(entry)}
    mine = {name: value for name, value in _fields(entry).items() if name not in ("difference", "state")}
    return {**mine, **one, "key_state": one["state"], "columns": columns, "state": entry.state, **told}


def print_history(steps: Sequence[Transition]) -> None:
    """A line a step."""
    columns = ("entry", "when (UTC)", "from", "to", "by", "why")
    print_table("History", columns, [(s.entry, _moment(s.at), s.was, s.now, s.by, s.why) for s in steps])


def percent(share: float) -> str:
    """A share in percent, never rounded up: 100 % is the whole."""
    return f"{floor(share * 1000) / 10:.1f} %"


def _coverage_row(reading: DriftReading, one: Coverage) -> tuple[object, ...]:
    oldest = one.age_s(reading.at)
    looked = "not wholly yet" if oldest is None else f"{age(oldest)} ago"
    return one.check, one.table, one.total, percent(one.share), one.pending, one.unknown, looked


def _entry_row(entry: Entry) -> tuple[object, ...]:
    one = entry.difference
    place = (entry.id, one.check, one.table, one.key, one.kind + (f" ({one.state})" if one.state else ""))
    return (*place, ", ".join(one.columns), entry.cause, entry.state, _moment(entry.first_seen), _detected(entry))


def _decided(entry: Entry) -> dict[str, str]:
    if entry.state is EntryState.ACCEPTED and entry.until is not None:
        return {"accepted": f"until {_moment(entry.until)} by {entry.by}: {entry.why}"}
    return {"explained": f"by {entry.by}: {entry.why}"} if entry.state is EntryState.EXPLAINED else {}


def _detected(entry: Entry) -> str | None:
    return None if entry.detected_ms is None else age(entry.detected_ms / 1000)


def _times(times: int) -> str:
    return "opened once" if times == 1 else f"opened {times} times"


def _moment(moment: Any) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__}
