"""A row of the target changed by the new application, for the demo."""

from sqlalchemy import Engine, text

from streams.adapters.databases.target import translated
from streams.errors import ErrorKind, SelarasError
from streams.ports.drift_act import PlantedRow

CHANGE = text("""
update rba.proyek set jumlah_investasi = jumlah_investasi + 1
where id_proyek = (select min(id_proyek) from rba.proyek where dihapus_pada is null) returning id_proyek
""")


class OneRupiahMore:
    """Implements the port ``Planting``."""

    def __init__(self, application: Engine) -> None:
        self._application = application

    def plant(self) -> PlantedRow:
        """See the port. SelarasError (configuration) while there is no project."""
        with translated("target"), self._application.begin() as connection:
            key = connection.execute(CHANGE).scalar()
        if key is None:
            raise SelarasError(ErrorKind.CONFIGURATION, "There is no project that the demo could change.")
        return PlantedRow(
            "proyek", str(key), f"the new application added one rupiah to the investment of project {key}"
        )
