"""Defects in what refers to what: 09 project ids cut off, 23 children whose parent never comes."""

from streams.adapters.demo.company import NUMBERS_PER_COMPANY
from streams.adapters.demo.defects.subject import Subject, planted
from streams.adapters.demo.tables import Row
from streams.ports.demo import Expected, Planted

_KEPT = 21  # characters of a project's id in tr_oss_produk
_STAMP = 16  # "R-" and the moment; the running number follows
_SPARE_PLACE = 6  # of a company's running numbers; neither its projects nor later ones take it
_NOBODY = "19990101000000"  # a moment at which nobody filed anything


def cut_project_id(name: str, subject: Subject) -> list[Planted]:
    """09: two projects that share what a product keeps of their id: told apart by KBLI, or not at all."""
    kinds = {kind.code: kind for kind in subject.materials.plain}
    projects = {str(row["id_proyek"])[:_KEPT]: row for row in subject.rows("tr_oss_proyek")}
    for product in subject.rows("tr_oss_produk"):
        project = projects[str(product["id_proyek"])]
        second = _sibling(str(project["id_proyek"]))
        if second is None or project["kbli"] not in kinds:
            continue
        ambiguous = subject.variant(True, False)
        clone: Row = {**project, "id_proyek": second, "nomor_proyek": f"{project['nomor_proyek']!s:.6}-0{second[16:]}"}
        if not ambiguous:
            other = subject.luck.choice([kind for code, kind in sorted(kinds.items()) if code != project["kbli"]])
            clone.update(kbli=other.code, uraian_usaha=other.title[:255])
        subject.add("tr_oss_proyek", clone)
        id_ = str(product["id_produk"])
        return [
            planted(
                name,
                Expected.QUARANTINED if ambiguous else Expected.ROW,
                subject.nib,
                at=("tr_oss_produk", "id_produk", id_),
                shown=("produk", id_, "id_proyek"),
                value=None if ambiguous else str(project["id_proyek"]),
            )
        ]
    return []


def _sibling(id_: str) -> str | None:
    """The id of one more project of the same second, if it shares the characters that are kept."""
    number = int(id_[_STAMP:])
    second = f"{id_[:_STAMP]}{number - number % NUMBERS_PER_COMPANY + _SPARE_PLACE:07d}"
    return second if second[:_KEPT] == id_[:_KEPT] and second != id_ else None


def orphan(name: str, subject: Subject) -> list[Planted]:
    """23: a document, a site or a licence that refers to something that was never sent."""
    child = subject.variant("licence", "document", "site")
    if child == "licence":
        row = dict(subject.luck.choice(subject.rows("tr_oss_checklist")))
        row.update(id_proyek=_unknown("R", row["id_proyek"]), id_izin=_unknown("I", row["id_izin"]))
        return [_orphan(name, subject, "tr_oss_checklist", row, ("id_izin", "perizinan"))]
    if child == "site":
        row = dict(subject.luck.choice(subject.rows("tr_oss_lokasi")))
        row.update(id_proyek=_unknown("R", row["id_proyek"]), id_proyek_lokasi=_unknown("L", row["id_proyek_lokasi"]))
        return [_orphan(name, subject, "tr_oss_lokasi", row, ("id_proyek_lokasi", "proyek_lokasi"))]
    documents = subject.rows("tr_oss_persyaratan")
    if not documents:
        return []
    row = dict(subject.luck.choice(documents))
    row["id_izin"] = _unknown("I", row["id_izin"])
    return [_orphan(name, subject, "tr_oss_persyaratan", row, ("id_izin", "persyaratan"))]


def _unknown(prefix: str, id_: object) -> str:
    """An id that is surely nobody's, different for every id of the same kind."""
    return f"{prefix}-{_NOBODY}{str(id_)[_STAMP:]}"


def _orphan(name: str, subject: Subject, table: str, row: Row, where: tuple[str, str]) -> Planted:
    subject.add(table, row)
    key, target = where
    at = (table, key, row[key])
    return planted(name, Expected.WAITING, subject.nib, at=at, shown=(target, str(row[key])))
