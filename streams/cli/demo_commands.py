"""``selaras seed`` and ``selaras traffic``: a synthetic legacy population, and its business."""

import signal
from typing import Annotated

import typer
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from streams.bootstrap.demo import defect_rates, seed_service, traffic_service
from streams.cli.render import AsJson, err, guarded, print_facts, print_json, print_table
from streams.services.demo import SeedPlan, TrafficPlan, TrafficSummary
from streams.settings import Settings

DefectsOption = Annotated[
    str, typer.Option("--defects", help="Plant known defects: default, none, all, or a YAML or JSON file of rates.")
]


@guarded
def seed(
    ctx: typer.Context,
    companies: Annotated[int, typer.Option(min=1, help="How many companies to write.")] = 2000,
    seed: Annotated[int, typer.Option(help="The same number gives the same rows.")] = 1,
    defects: DefectsOption = "none",
    as_json: AsJson = False,
) -> None:
    """Make the schemas where absent and fill the empty legacy tables with synthetic companies."""
    settings: Settings = ctx.obj
    plan = SeedPlan(companies, seed, defect_rates(defects))
    columns = (TextColumn("Companies"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, disable=as_json, transient=True) as progress:
        task = progress.add_task("companies", total=companies)
        summary = seed_service(settings).run(plan, lambda done: progress.advance(task, done))
    if as_json:
        print_json(summary)
        return
    print_table(f"{summary.companies} companies of seed {seed}", ("table", "rows"), sorted(summary.by_table.items()))
    if summary.by_defect:
        print_table("Planted defects", ("defect", "records"), summary.by_defect.items())
    print_facts({"rows": summary.rows, "seconds": summary.seconds})


@guarded
def traffic(
    ctx: typer.Context,
    rate: Annotated[float, typer.Option(min=0, help="Transactions a second; 0 is as fast as possible.")] = 20,
    seed: Annotated[int, typer.Option(help="The same number on the same rows gives the same transactions.")] = 1,
    transactions: Annotated[int | None, typer.Option(min=1, help="End after exactly so many commits.")] = None,
    duration: Annotated[float | None, typer.Option(min=0, help="End after so many seconds.")] = None,
    defects: DefectsOption = "none",
    as_json: AsJson = False,
) -> None:
    """Commit business transactions in the legacy database until a limit, Ctrl-C or SIGTERM."""
    settings: Settings = ctx.obj
    plan = TrafficPlan(rate, seed, transactions, duration, defect_rates(defects))
    service = traffic_service(settings)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: service.stop.set())
    with Live(console=err, auto_refresh=False, transient=True) as live, service.watched(lambda s: _progress(live, s)):
        try:
            service.run(plan)
        finally:
            summary = service.summary()
            _show(summary, as_json=as_json)


def _progress(live: Live, summary: TrafficSummary) -> None:
    live.update(f"{summary.transactions:,} transactions, {summary.rows:,} row changes", refresh=True)


def _show(summary: TrafficSummary, *, as_json: bool) -> None:
    if as_json:
        print_json(_facts(summary) | {"by_kind": summary.by_kind, "by_defect": summary.by_defect})
        return
    print_table("Business transactions", ("kind", "commits"), summary.by_kind.items())
    if summary.by_defect:
        print_table("Defects written down", ("defect", "records"), summary.by_defect.items())
    print_facts(_facts(summary))


def _facts(summary: TrafficSummary) -> dict[str, object]:
    return {
        "transactions": summary.transactions,
        "row_changes": summary.rows,
        "seconds": summary.seconds,
        "rate": round(summary.rate, 1),
    }
