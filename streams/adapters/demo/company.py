"""A whole company: every row that the legacy system would hold about it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from streams.adapters.demo import documents, identifiers, licences, projects
from streams.adapters.demo.pools import Field, Pools
from streams.adapters.demo.profile import Profile, draw_profile
from streams.adapters.demo.tables import Row

PROJECT_COUNTS = {"01": (1, 1, 1, 1, 2), "02": (1, 1, 2), "03": (2, 3), "04": (2, 3, 4, 5)}
NUMBERS_PER_COMPANY = 8  # running numbers that a company's projects may take


@dataclass(slots=True)
class Company:
    """Rows of one company, in the order in which they would be inserted."""

    nib: str
    rows: list[tuple[str, Row]] = field(default_factory=list)


class CompanyFactory:
    """Makes companies. The same seed and serial give the same company, whatever was made before."""

    def __init__(self, pools: Pools, seed: int) -> None:
        """What companies are made of, and the seed of every draw."""
        self._pools = pools
        self._seed = seed

    def build(self, serial: int, filed: datetime | None = None) -> Company:
        """The company of a serial; with ``filed``, one that came in just then: live, its licences just asked for."""
        luck = Random(f"{self._seed}/{serial}")  # noqa: S311 - repeatable on purpose
        profile = draw_profile(luck, self._pools, serial, filed)
        company = Company(profile.nib)
        if not profile.fresh and luck.random() < 0.01:
            company.rows.append(("oss_iumk", documents.extract(luck, profile, self._pools.fields.draw(luck))))
            return company
        self._write_document(luck, profile, company, again=not profile.fresh and luck.random() < 0.03)
        activities = self._draw_projects(luck, profile)
        for project in activities:
            company.rows += self.project_rows(luck, profile, project)
        if profile.actor == 13 and luck.random() < 0.4:
            rows = [("oss_iumk", documents.extract(luck, profile, project.field)) for project in activities]
            company.rows += rows * (2 if luck.random() < 0.005 else 1)
        if luck.random() < 0.92:
            company.rows.append(("tb_user_oss", documents.account(luck, profile)))
        return company

    def project_rows(self, luck: Random, profile: Profile, project: projects.Project) -> Iterator[tuple[str, Row]]:
        """A project with its site, products and licences."""
        yield "tr_oss_proyek", projects.project_row(luck, profile, project)
        yield "tr_oss_lokasi", projects.site(luck, profile, project)
        if luck.random() < 0.6:
            yield "tr_oss_produk", projects.product(luck, project)
        for place in range(1, luck.choice((2, 2, 3)) if profile.is_small else 4):
            licence = licences.draw_licence(luck, profile, project, place)
            if profile.fresh:
                licence = licences.just_applied(luck, licence)
            yield "tr_oss_checklist", licences.licence_row(luck, profile, project, licence)
            for number in range(luck.randrange(3)):
                yield "tr_oss_persyaratan", licences.requirement(luck, licence, project.opened, number)
            for row in licences.history(luck, licence, project.opened):
                yield "tr_oss_status_izin", row

    def another_project(self, luck: Random, nib: str, number: int, opened: datetime) -> Iterator[tuple[str, Row]]:
        """A project that a company takes up later; ``number`` tells its ids from those of the same second."""
        profile = replace(draw_profile(luck, self._pools, 0, opened), nib=nib)
        kind = self._pools.fields.draw(luck)
        return self.project_rows(luck, profile, _project(number, kind, opened))

    def another_extract(self, luck: Random, nib: str, moment: datetime) -> Row:
        """A row of the micro-business extract for a company that may or may not have one."""
        profile = replace(draw_profile(luck, self._pools, 0, moment), nib=nib)
        return documents.extract(luck, profile, self._pools.fields.draw(luck))

    def _write_document(self, luck: Random, profile: Profile, company: Company, again: bool) -> None:
        document = documents.header(luck, profile)
        if again:
            # Half of the older documents were switched off when the newer one came, half were left as they were.
            older = {**document, "sts_aktif": luck.choice("01")}
            moment = profile.filed + timedelta(days=luck.randrange(61, 90))
            company.rows += [("tr_oss_header", older), ("tr_oss_header", documents.resent(luck, document, moment))]
        else:
            fresh = documents.just_filed(document, profile.filed)
            company.rows.append(("tr_oss_header", fresh if profile.fresh else document))
        for table, rows in (
            ("tr_oss_pemegang_saham", documents.shareholders(luck, self._pools, profile)),
            ("tr_oss_penanggung_jwb", documents.responsible(luck, self._pools, profile)),
            ("tr_oss_legalitas", documents.deeds(luck, self._pools, profile)),
        ):
            company.rows += [(table, row) for row in rows]

    def _draw_projects(self, luck: Random, profile: Profile) -> list[projects.Project]:
        opened = profile.filed
        activities = []
        for place in range(luck.choice(PROJECT_COUNTS[profile.scale])):
            number = profile.serial * NUMBERS_PER_COMPANY + place
            activities.append(_project(number, self._pools.fields.draw(luck), opened))
            # Projects that were entered in the same second share the 21 characters that tr_oss_produk keeps.
            opened += timedelta(seconds=luck.choice((0, 1) if profile.fresh else (0, 60, 3600, 86_400)))
        return activities


def _project(number: int, kind: Field, opened: datetime) -> projects.Project:
    return projects.Project(identifiers.stamped("R", opened, number), number, kind, opened)
