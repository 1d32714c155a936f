"""The stream of business transactions: repeatable, varied, about eight row changes each."""

import re
from collections import Counter
from functools import cache
from pathlib import Path

from streams.adapters.demo.business import Business
from streams.adapters.demo.company import CompanyFactory
from streams.adapters.demo.model import Model
from streams.adapters.demo.pools import Pools, load_pools
from streams.adapters.demo.tables import TABLES
from streams.ports.demo import BusinessTransaction

REFERENCE = Path(__file__).parents[2] / "schemas" / "reference"
POOLS: Pools = load_pools(REFERENCE, 1)


def _business(companies: int, seed: int) -> Business:
    factory = CompanyFactory(POOLS, 1)
    model = Model()
    for serial in range(1, companies + 1):
        model.absorb(factory.build(serial).rows)
    return Business(model, factory, seed)


@cache
def _long_stream() -> list[BusinessTransaction]:
    return _stream(300, 2, 2000)


def _stream(companies: int, seed: int, length: int) -> list[BusinessTransaction]:
    business = _business(companies, seed)
    return [business.next() for _ in range(length)]


def test_the_same_seed_on_the_same_state_gives_the_same_transactions() -> None:
    stream = _stream(50, 3, 300)
    assert stream == _stream(50, 3, 300)
    assert stream != _stream(50, 4, 300)


def test_every_kind_comes_up() -> None:
    kinds = Counter(transaction.kind for transaction in _long_stream())
    assert set(kinds) == {
        "registered",
        "resent",
        "extended",
        "moved",
        "deleted softly",
        "revived",
        "corrected",
        "renumbered",
        "withdrawn",
        "erased",
        "account changed",
        "extract changed",
    }
    assert kinds["erased"] < 40 < kinds["moved"]


def test_an_empty_world_begins_with_registrations() -> None:
    stream = _stream(0, 1, 30)
    assert stream[0].kind == "registered"
    assert len({transaction.kind for transaction in stream}) > 2


def test_business_time_only_goes_forward_and_ids_are_new() -> None:
    place = TABLES["tr_oss_proyek"].columns.index("id_proyek")
    ids = [
        statement.values[place]
        for transaction in _long_stream()
        for statement in transaction.statements
        if statement.text.startswith("INSERT INTO tr_oss_proyek (") and "VALUES" in statement.text
    ]
    assert len(ids) > 300
    assert len(set(ids)) == len(ids)


def test_values_match_their_placeholders() -> None:
    for transaction in _long_stream():
        assert transaction.statements
        for statement in transaction.statements:
            assert len(re.findall("%s", statement.text)) == len(statement.values)


def test_a_resent_document_deletes_and_inserts_its_children() -> None:
    sent = next(one for one in _long_stream() if one.kind == "resent")
    doubled = [statement for statement in sent.statements if statement.touches == 2]
    assert any("DELETE FROM tr_oss_proyek" in statement.text for statement in doubled)
    assert any(statement.text.startswith("INSERT INTO tr_oss_header") for statement in sent.statements)


def test_a_renumbered_company_changes_its_key_everywhere() -> None:
    moved = next(one for one in _long_stream() if one.kind == "renumbered")
    tables = {statement.text.split()[1] for statement in moved.statements}
    assert {"tr_oss_header", "tr_oss_proyek", "tr_oss_checklist", "oss_iumk"} <= tables
