"""Identity numbers on the real target: one person for all companies, encrypted, and moved to new keys as a whole."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from streams.adapters.files.identity_keys import ensure_identity_keys, read_identity_keys
from streams.bootstrap.databases import legacy_reader_engine
from streams.bootstrap.replicate import ground
from streams.projection.converters.identity import reveal
from streams.services.recompute import Recompute
from streams.settings import IdentitySettings, Settings
from tests.conftest import fresh_worlds
from tests.engine import EngineWorld
from tests.integration.test_sweep import company

pytestmark = pytest.mark.postgres
NIK = "9271010101900001"
FIRST, SECOND = "9999000000017", "9999000000025"
PEOPLE = "select id::text, no_identitas_enc, no_identitas_hmac from rba.orang"
ROLES = "select p.peran, o.id::text from rba.peran_orang as p join rba.orang as o on o.id = p.orang_id"


@pytest.fixture
def world(server: Settings) -> Iterator[EngineWorld]:
    """Two companies that one person is responsible for, with an account on both."""
    with fresh_worlds(server) as settings:
        world = EngineWorld(settings)
        history = world.history()
        for number, nib in enumerate((FIRST, SECOND), 1):
            company(history, number, nib=nib, oss_id=f"P-{number}")
            history.insert(
                "tr_oss_penanggung_jwb",
                idpj=number,
                nib=nib,
                jns_identitas_penanggung_jwb="01",
                no_identitas_penanggung_jwb=NIK,
                nama_penanggung_jwb="Orang Satu",
                sts_aktif="1",
                tgl_insert="2019-03-04T10:11:12Z",
            )
        history.insert(
            "tb_user_oss",
            id_profile=1,
            nomor_identitas=NIK,
            nama="Orang Satu",
            email="a@b.id",
            role="TURUNAN",
            data_nib=f"{FIRST},{SECOND}",
            flag_migrasi="N",
            tgl_update="2020-01-01T00:00:00Z",
        )
        history.commits()
        world.apply(history.chunks())
        yield world
        world.close()


def test_one_person_is_one_row_that_nobody_can_read(world: EngineWorld) -> None:
    (person,) = world.rows(PEOPLE)
    assert NIK.encode() not in bytes(person["no_identitas_enc"])
    keys = read_identity_keys(*world.settings.identity_keys)
    assert reveal(keys, "01", bytes(person["no_identitas_enc"])) == NIK
    assert [row["id"] for row in world.rows(ROLES)] == [person["id"]] * 2
    assert [str(row["orang_id"]) for row in world.rows("select orang_id from rba.hak_akses")] == [person["id"]] * 2


def test_other_keys_move_every_person_and_leave_nothing_behind(world: EngineWorld, tmp_path: Path) -> None:
    (before,) = world.rows(PEOPLE)
    hmac, siv = ensure_identity_keys(tmp_path)
    other = replace(world.settings, identity=IdentitySettings(str(hmac), str(siv)))
    legacy = legacy_reader_engine(other)
    base = ground(other, legacy, world.applier)
    legacy.dispose()
    recompute = Recompute(base.target, base.plan)
    recompute.run(lambda _name, _done: None)
    (after,) = world.rows(PEOPLE)
    assert not set(before.values()) & set(after.values())
    assert reveal(read_identity_keys(hmac, siv), "01", bytes(after["no_identitas_enc"])) == NIK
    assert [row["id"] for row in world.rows(ROLES)] == [after["id"]] * 2
    assert [str(row["orang_id"]) for row in world.rows("select orang_id from rba.hak_akses")] == [after["id"]] * 2
    assert world.rows("select * from selaras.key_state where outcome <> 'row'") == []
    assert recompute.differences(lambda _name, _done: None).changes == 0
