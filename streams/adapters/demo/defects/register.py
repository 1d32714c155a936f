"""The register of defects: what can be wrong in legacy data, how often, and what must become of it.

Twenty-three of the twenty-four known kinds. The last one, an edit of the same NIB in both systems at once, is no
defect of the legacy data: the drill that writes to both sides plants it.
"""

from dataclasses import dataclass

from streams.adapters.demo.defects import codes, companies, contents, figures, happenings, references
from streams.adapters.demo.defects.happenings import Notice
from streams.adapters.demo.defects.subject import Plant
from streams.ports.demo import Expected

_RARE, _OFTEN = 0.002, 0.02
_ROW, _FINDING, _QUARANTINED = Expected.ROW, Expected.FINDING, Expected.QUARANTINED
_TOMBSTONE, _WAITING = Expected.TOMBSTONE, Expected.WAITING


@dataclass(frozen=True, slots=True)
class Defect:
    """One kind of defect: planted in companies, or noticed when business brings it about.

    ``rate`` and ``often`` (with ``--defects all``): of planted ones, defects a company; of noticed ones, the share
    that is written down, its companies being left alone afterwards.
    """

    name: str  # begins with its number
    does: str
    expected: tuple[Expected, ...]  # what may become of it; each record says which
    plant: Plant | None = None
    notice: Notice | None = None
    rate: float = _RARE
    often: float = _OFTEN

    @property
    def number(self) -> int:
        """Its place in the list of known kinds, 1 to 23."""
        return int(self.name[:2])


DEFECTS: tuple[Defect, ...] = (
    Defect("01-nib-resent", "the document twice, with different dates of change", (_FINDING,), companies.nib_resent),
    Defect("02-two-nibs", "two NIBs with one tax number", (_FINDING,), companies.two_nibs),
    Defect(
        "03-npwp-spelling",
        "an entity's tax number with points, of 15 or 16 digits, or with a wrong check digit",
        (_ROW, _QUARANTINED),
        figures.tax_spelling,
    ),
    Defect("04-kbli-reused", "a business code that means something else in 2020", (_ROW,), codes.reused_code),
    Defect("05-kbli-split", "a business code that became several", (_QUARANTINED,), codes.split_code),
    Defect("06-kbli-zero-lost", "a business code of four digits", (_ROW,), codes.short_code),
    Defect("07-sum-overflow", "2147483647 in the summary column", (_FINDING,), figures.overflowed_summary),
    Defect("08-money-cut", "an amount that did not fit", (_QUARANTINED,), figures.cut_amount),
    Defect(
        "09-project-id-cut",
        "a product whose project's id is cut off, with two candidates",
        (_ROW, _QUARANTINED),
        references.cut_project_id,
    ),
    Defect(
        "10-date-spelling",
        "dates '-', 0000-00-00, dd/mm/yyyy, or of no calendar",
        (_ROW, _QUARANTINED),
        figures.date_spelling,
    ),
    Defect(
        "11-children-again",
        "children deleted and inserted unchanged",
        (_ROW,),
        notice=happenings.children_again,
        rate=0.05,
        often=0.3,
    ),
    Defect(
        "12-off-and-on",
        "a company switched off, or on again",
        (_TOMBSTONE, _ROW),
        notice=happenings.switched,
        rate=0.3,
        often=0.6,
    ),
    Defect(
        "13-hard-delete",
        "a project or a company deleted for good",
        (_TOMBSTONE,),
        notice=happenings.deleted,
        rate=0.5,
        often=1,
    ),
    Defect("14-status-withdrawn", "a licence of status 91 or 92", (_ROW,), codes.withdrawn_status),
    Defect(
        "15-event-order",
        "a licence's events late or sent twice",
        (_ROW,),
        notice=happenings.event_out_of_order,
        rate=0.2,
        often=1,
    ),
    Defect(
        "16-identity-wrong",
        "an identity number of 17 digits, a passport or a NIB in its place",
        (_QUARANTINED,),
        contents.wrong_identity,
    ),
    Defect("17-region-replaced", "a region of 2019 with another code now", (_ROW,), codes.replaced_region),
    Defect("18-sector-moved", "sector 024, health then and religion now", (_ROW,), codes.moved_sector),
    Defect("19-address-soiled", "`<br>` and a mixed Kel./Kelurahan in an address", (_ROW,), contents.soiled_address),
    Defect(
        "20-email-shared",
        "one e-mail on the accounts of two NIBs",
        (_ROW, _QUARANTINED),
        companies.shared_email,
        often=0.006,  # one account in ten is active
    ),
    Defect("21-bytes-misread", "bytes read in the wrong character set", (_FINDING,), contents.misread_bytes),
    Defect("22-place-wrong", "coordinates swapped, or 0,0", (_ROW, _QUARANTINED), contents.wrong_place),
    Defect("23-parent-missing", "a child whose parent never comes", (_WAITING,), references.orphan),
)
BY_NAME = {defect.name: defect for defect in DEFECTS}
