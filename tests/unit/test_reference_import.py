"""Importing official lists: all faults at once, what differs, what becomes invalid, and files that change whole."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copytree

import pytest

from streams.adapters.files.mapping_files import read_mapping
from streams.adapters.files.reference_files import read_reference
from streams.adapters.files.reference_lists import ReferenceFolder
from streams.errors import ErrorKind, SelarasError
from streams.ports.reference import Place
from streams.projection.declaration import Projection
from streams.services.reference import ImportReference, ImportReport, ImportRequest, ListKind
from streams.services.reference_rows import in_order

SHIPPED = Path(__file__).parents[2] / "schemas" / "reference"
FILES = {
    "kbli.csv": "edition,code,title,category\n2017,01441,Domba,A\n2017,55194,Vila,I\n2020,01441,DOMBA,A\n"
    "2020,55193,VILA,I\n2020,55194,APARTEMEN HOTEL,I\n",
    "kbli_conversion.csv": "code_2017,code_2020,kind,automatic,source\n55194,55193,PAKAI_ULANG,true,x\n",
    "kbli_risk.csv": "code,risk\n55193,MR\n",
    "regions.csv": "code,oss_code,name,level,basis,valid_until,successor\n32,3200000000,Jawa Barat,1,Lama,,\n"
    "32.01,3201000000,Bogor,2,Lama,,\n92.71,9271000000,Kota Sorong,2,Lama,2022-12-08,96.71\n"
    "96,9600000000,Papua Barat Daya,1,Lama,,\n96.71,9671000000,Kota Sorong,2,Lama,,\n",
    "codes.yaml": 'L3:\n  title: API\n  codes:\n    "01": [API-U]\n',
}
REGIONS = "kode,nama\n32,Jawa Barat\n32.01,Bogor\n96,Papua Barat Daya\n96.71,Kota Sorong\n"


class Tables:
    """Code tables that note what they were given."""

    def __init__(self, folder: Path) -> None:
        self.loaded: list[str] = []
        self.file_before = ""
        self._folder = folder

    def load(self, schemas_dir: Path) -> Mapping[str, int]:
        self.loaded.append((schemas_dir / "reference" / "regions.csv").read_text())
        self.file_before = (self._folder / "regions.csv").read_text()
        return {"ref_wilayah": 1}


@dataclass
class Mirror:
    """By table, how many keys hold any code; an error when it is away. Notes what it was asked for."""

    counts: Mapping[str, int | None] = field(default_factory=dict)
    away: bool = False
    asked: list[tuple[Sequence[Place], set[str]]] = field(default_factory=list)

    def keys(self, places: Sequence[Place], codes: Collection[str]) -> int | None:
        self.asked.append((places, set(codes)))
        if self.away:
            raise SelarasError(ErrorKind.UNAVAILABLE, "It does not answer.")
        return self.counts.get(places[0].table)


class World:
    """A reference folder, and imports into it."""

    def __init__(self, folder: Path, delivered: Path) -> None:
        self.folder = folder
        self.delivered = delivered
        self.tables = Tables(folder)
        self.mirror = Mirror()
        self.declared: Sequence[Projection] | None = ()

    def run(self, kind: ListKind, content: str, basis: str = "Baru", *, dry_run: bool = False) -> ImportReport:
        self.delivered.write_text(content, encoding="utf-8")
        request = ImportRequest(kind, self.delivered, basis, dry_run)
        return self.service().run(request)

    def service(self) -> ImportReference:
        return ImportReference(ReferenceFolder(self.folder), self.tables, self.mirror, self.mapping)

    def mapping(self) -> Sequence[Projection]:
        if self.declared is None:
            raise SelarasError(ErrorKind.CONFIGURATION, "The mapping files have faults:\nx.yaml:1:1: it is unfit")
        return self.declared

    def faults(self, kind: ListKind, content: str, basis: str = "Baru") -> list[str]:
        before = self.files()
        with pytest.raises(SelarasError) as caught:
            self.run(kind, content, basis)
        assert caught.value.kind is ErrorKind.CONFIGURATION
        assert self.files() == before
        assert not self.tables.loaded
        return caught.value.sentence.splitlines()[1:]

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted(self.folder.iterdir())}


@pytest.fixture
def world(tmp_path: Path) -> World:
    folder = tmp_path / "reference"
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_text(content, encoding="utf-8")
    return World(folder, tmp_path / "delivered.csv")


def test_regions_are_added_changed_removed_and_kept(world: World) -> None:
    before = read_reference(world.folder)
    report = world.run(ListKind.REGIONS, REGIONS.replace("32.01,Bogor", "32.71,Kota Bogor") + "32.71.01,Tanah Sareal\n")
    assert (report.added, report.changed, report.removed) == (("32.71", "32.71.01"), (), ("32.01",))
    assert (report.kept, report.restated) == (("92.71",), 3)
    assert report.written
    after = read_reference(world.folder)
    assert (report.before, report.after) == (before.fingerprint, after.fingerprint)
    assert after.reference.regions == {
        "32": None, "32.71": None, "32.71.01": None, "92.71": "96.71", "96": None, "96.71": None,
    }  # fmt: skip
    lines = (world.folder / "regions.csv").read_text().splitlines()
    assert lines[2] == "32.71,3271000000,Kota Bogor,2,Baru,,"
    assert [line.split(",")[0] for line in lines[1:]] == sorted(after.reference.regions)
    assert "92.71,9271000000,Kota Sorong,2,Lama,2022-12-08,96.71" in lines


def test_code_tables_come_before_the_file(world: World) -> None:
    world.run(ListKind.REGIONS, REGIONS)
    assert world.tables.file_before == FILES["regions.csv"]
    assert world.tables.loaded == [(world.folder / "regions.csv").read_text()]


def test_a_dry_run_tells_the_same_and_writes_nothing(world: World) -> None:
    before = world.files()
    told = world.run(ListKind.REGIONS, REGIONS, dry_run=True)
    assert (world.files(), world.tables.loaded, told.written) == (before, [], False)
    done = world.run(ListKind.REGIONS, REGIONS)
    assert (told.added, told.removed, told.after) == (done.added, done.removed, done.after)


def test_the_same_list_again_changes_nothing(world: World) -> None:
    world.run(ListKind.REGIONS, REGIONS)
    again = world.run(ListKind.REGIONS, REGIONS)
    assert again.before == again.after
    assert not again.written
    assert len(world.tables.loaded) == 1


def test_a_kept_code_needs_a_successor_in_force(world: World) -> None:
    content = "kode,nama\n32,Jawa Barat\n96,Papua Barat Daya\n"
    assert world.faults(ListKind.REGIONS, content) == [
        "region 92.71 was replaced by 96.71, which is no longer in force: the file must name 92.71"
    ]
    told = world.run(ListKind.REGIONS, content, dry_run=True)
    assert len(told.invalid) == 1
    assert told.after is None


def test_every_fault_of_a_regions_file_is_named_at_once(world: World) -> None:
    content = (
        "kode,nama,berlaku_sampai,kode_pengganti,dasar\n32,Jawa Barat,,,\n3201,Bogor,,,\n32.01,,,,\n"
        "32.02,Ciamis,2022,,\n32.03,Cianjur,,32.03,\n32.04,Bandung,,32.99,\n32.05,Garut,,32.06,\n32.06,Baru,,32,\n33.01,Cilacap,,,\n"
        f"32,Lagi,,,\n32.07,{'x' * 121},,,\n32.08,Kuningan,,\n32.09,Cirebon,,,{'x' * 61}\n32.00,Nol,,,\n"
    )
    found = world.faults(ListKind.REGIONS, content)
    numbers = sorted(int(sentence.removeprefix("line ").partition(":")[0]) for sentence in found)
    assert numbers == [3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15]


def test_regions_need_a_legal_basis(world: World) -> None:
    assert all("dasar" in sentence for sentence in world.faults(ListKind.REGIONS, REGIONS, basis=""))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("kode;nama\n32;Jawa Barat\n", "lacks kode, nama"),
        ("", "lacks kode, nama"),
        ("kode,nama\n", "holds no code"),
        ('kode,nama\n32,"Jawa', "line"),
    ],
)
def test_files_of_another_form_are_refused(world: World, content: str, sentence: str) -> None:
    assert sentence in "\n".join(world.faults(ListKind.REGIONS, content))


def test_a_file_that_is_no_text_is_refused(world: World) -> None:
    world.delivered.write_bytes(b"kode,nama\n32,\xff\n")
    service = world.service()
    with pytest.raises(SelarasError, match="UTF-8"):
        service.run(ImportRequest(ListKind.REGIONS, world.delivered))


def test_kbli_replaces_the_editions_of_the_file_alone(world: World) -> None:
    report = world.run(
        ListKind.KBLI,
        "edisi,kode,judul,kategori,catatan\n2020,I,Akomodasi,,\n2020,55,Akomodasi,I,\n2020,55193,VILA\u00a0 BARU ,I,x\n"
        '2020,01444,"Kambing, perah",A,\n',
    )
    assert (report.added, report.changed, report.removed) == (
        ("2020 01444",), ("2020 55193",), ("2020 01441", "2020 55194"),
    )  # fmt: skip
    assert report.notes == (
        "1 codes of 2017 have no conversion: legacy rows with them go to quarantine",
        "1 codes of 2020 have no risk",
    )
    assert (world.folder / "kbli.csv").read_text() == (
        "edition,code,title,category\n2017,01441,Domba,A\n2017,55194,Vila,I\n"
        '2020,01444,"Kambing, perah",A\n2020,55193,VILA BARU,I\n'
    )


def test_kbli_that_others_refer_to_cannot_go(world: World) -> None:
    content = "edisi,kode,judul,kategori\n2020,01441,Domba,A\n"
    assert world.faults(ListKind.KBLI, content) == [
        "kbli_conversion.csv converts 55194 to 55193, but the list would lack 2020 55193",
        "kbli_risk.csv gives a risk to 2020 55193, which the list would lack",
    ]
    assert len(world.run(ListKind.KBLI, content, dry_run=True).invalid) == 2


def test_every_fault_of_a_kbli_file_is_named_at_once(world: World) -> None:
    content = (
        "edisi,kode,judul,kategori\n2020,55193,Vila,I\n2019,55194,A,I\n2020,5519X,A,I\n2020,55195,,I\n2020,55196,A,i\n"
        f"2020,55193,Vila,I\n2020,55197,{'x' * 501},I\n2020,555555,A,I\n"
    )
    found = world.faults(ListKind.KBLI, content)
    assert [sentence.partition(":")[0] for sentence in found] == [f"line {n}" for n in (3, 4, 5, 6, 7, 8, 9)]


def test_a_list_that_was_not_sorted_keeps_its_order() -> None:
    rows = {key: {"code": key} for key in ("a", "b", "c", "d")}
    assert [row["code"] for row in in_order(["c", "x", "a"], dict(rows))] == ["c", "a", "b", "d"]
    assert [row["code"] for row in in_order(["a", "c"], dict(rows))] == ["a", "b", "c", "d"]


def test_the_shipped_lists_come_through_unchanged(tmp_path: Path) -> None:
    """Delivered in the official form, our own lists differ in nothing: not one byte."""
    folder = Path(copytree(SHIPPED, tmp_path / "reference"))
    lists = ReferenceFolder(folder)
    world = World(folder, tmp_path / "delivered.csv")
    for kind, name, names in (
        (ListKind.KBLI, "kbli.csv", "edisi,kode,judul,kategori"),
        (ListKind.REGIONS, "regions.csv", "kode,kode_oss,nama,tingkat,dasar,berlaku_sampai,kode_pengganti"),
    ):
        _, _, body = (folder / name).read_text(encoding="utf-8").partition("\n")
        assert not world.run(kind, f"{names}\n{body}").written
        assert lists.rows(name)
    assert {path.name: path.read_bytes() for path in SHIPPED.iterdir()} == world.files()


def shipped() -> Sequence[Projection]:
    return read_mapping(SHIPPED.parent / "mapping").projections


def test_keys_that_hold_a_changed_code_are_counted_by_projection(world: World) -> None:
    world.declared = shipped()
    world.mirror.counts = {"tr_oss_proyek": 7, "tr_oss_produk": 0}
    content = "edisi,kode,judul,kategori\n2020,01441,Domba,A\n2020,55193,VILA BARU,I\n2020,55194,APARTEMEN HOTEL,I\n"
    told = world.run(ListKind.KBLI, content, dry_run=True)
    assert (told.keys, told.unknown) == ({"produk": 0, "proyek": 7, "proyek_awalan": 7}, ())
    assert [codes for _, codes in world.mirror.asked] == [{"55194"}] * 3
    assert world.run(ListKind.KBLI, content).keys == told.keys
    assert world.run(ListKind.KBLI, content).keys == {}


def test_codes_that_no_legacy_row_can_hold_concern_no_key(world: World) -> None:
    world.declared = shipped()
    content = "edisi,kode,judul,kategori\n2020,01441,DOMBA,A\n2020,55193,VILA,I\n2020,55194,APARTEMEN HOTEL,I\n"
    told = world.run(ListKind.KBLI, content + "2020,01444,Kambing,A\n")
    assert told.added == ("2020 01444",)
    assert told.keys == {"produk": 0, "proyek": 0, "proyek_awalan": 0}
    assert not world.mirror.asked


def test_what_can_not_be_counted_is_unknown_and_hinders_nothing(world: World) -> None:
    """The mirror away, one table of it unknown, the mapping unfit: never zero."""
    more = REGIONS + "32.71,Kota Bogor\n"
    world.declared = shipped()
    world.mirror.counts = {"tr_oss_lokasi": 3}
    partly = world.run(ListKind.REGIONS, more, dry_run=True)
    assert partly.keys is not None
    assert (partly.keys["proyek_lokasi"], partly.keys["pelaku_usaha"]) == (3, None)
    assert any("tr_oss_header" in why for why in partly.unknown)
    world.mirror.away = True
    away = world.run(ListKind.REGIONS, more, dry_run=True)
    assert (away.keys, away.unknown) == (dict.fromkeys(partly.keys), ("It does not answer.",))
    world.declared = None
    done = world.run(ListKind.REGIONS, more)
    assert (done.written, done.keys, done.unknown) == (True, None, ("The mapping files have faults:",))
