"""Who a synthetic company is: drawn once, then written into every table that mentions it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from streams.adapters.demo import identifiers
from streams.adapters.demo.pools import Pools, Region, Weighted

# The legacy writes local time without a zone.
FIRST_DAY = datetime(2018, 7, 9, 8)  # noqa: DTZ001
LAST_FILED = datetime(2020, 12, 31, 17)  # noqa: DTZ001
TRAFFIC_START = datetime(2021, 4, 5, 8)  # noqa: DTZ001 - nothing that is seeded is dated later

# scale -> share, least and greatest paid-up capital in millions of rupiah
_SCALES = Weighted(
    [
        (("01", 5, 900), 0.86),
        (("02", 1_001, 4_900), 0.12),
        (("03", 5_001, 9_900), 0.01),
        (("04", 10_001, 400_000), 0.01),
    ]
)
_FORMS = {
    "01": Weighted([("17", 0.74), ("", 0.14), ("02", 0.08), ("01", 0.04)]),
    "02": Weighted([("01", 0.42), ("02", 0.36), ("17", 0.20), ("07", 0.02)]),
    "03": Weighted([("01", 0.85), ("02", 0.15)]),
    "04": Weighted([("01", 0.97), ("21", 0.01), ("16", 0.02)]),
}
_PREFIXES = {"01": "PT", "02": "CV", "07": "Koperasi", "16": "BUT", "21": "Perum"}


@dataclass(frozen=True, slots=True)
class Person:
    """A person, personal data invented."""

    name: str
    identity: str
    phone: str
    email: str


@dataclass(frozen=True, slots=True)
class Profile:
    """A company before it is written down."""

    serial: int
    nib: str
    filed: datetime
    fresh: bool  # comes in right now, against one that is found with a past
    scale: str
    actor: int  # jenis_pelaku_usaha, legacy list
    form: str  # jenis_perseroan; '' and '17' are persons
    name: str
    owner: Person
    region: Region
    address: str
    village: str
    capital: int  # paid up, rupiah
    foreign: int  # percent of the capital that is foreign

    @property
    def is_person(self) -> bool:
        """A person in business, without partners or deeds."""
        return self.form in ("", "17")

    @property
    def is_small(self) -> bool:
        """Micro or small."""
        return self.scale in ("01", "02")


def draw_person(luck: Random, pools: Pools, region: Region, serial: int) -> Person:
    """A person living in the region; one identity number in a hundred and fifty has a digit too many or too few."""
    name = luck.choice(pools.people)
    born = date(1955, 1, 1) + timedelta(days=luck.randrange(16_000))
    identity = identifiers.identity_number(region.code, born, luck.random() < 0.45, luck.randrange(1000))
    if luck.random() < 0.006:
        identity = luck.choice((identity[:-1], identity + "7", "X9999999"))
    account = name.lower().replace(" ", ".").replace("'", "")[:20].strip(".")
    return Person(name, identity, identifiers.phone(luck.randrange(10_000_000)), f"{account}.{serial}@example.id")


def draw_profile(luck: Random, pools: Pools, serial: int, filed: datetime | None) -> Profile:
    """The company of a serial: fresh at ``filed``, or with a past when that is not given."""
    fresh = filed is not None
    if filed is None:
        filed = FIRST_DAY + timedelta(seconds=luck.randrange(int((LAST_FILED - FIRST_DAY).total_seconds())))
    scale, least, greatest = _SCALES.draw(luck)
    form = _FORMS[scale].draw(luck)
    region = pools.regions.draw(luck)
    owner = draw_person(luck, pools, region, serial)
    words = f"{luck.choice(pools.words)} {luck.choice(pools.words)}"
    street = f"{luck.choice(pools.streets)} No. {luck.randrange(1, 200)}"
    village = luck.choice(pools.villages)
    return Profile(
        serial=serial,
        nib=identifiers.nib(serial),
        filed=filed,
        fresh=fresh,
        scale=scale,
        actor=_actor(luck, scale, form),
        form=form,
        name=f"{_PREFIXES[form]} {words}" if form in _PREFIXES else f"{luck.choice(('UD', 'Toko', 'Warung'))} {words}",
        owner=owner,
        region=region,
        address=f"{street}, {luck.choice(('Kel.', 'Kelurahan'))} {village}, {region.name}",
        village=village,
        capital=luck.randrange(least, greatest) * 1_000_000,
        foreign=luck.choice((25, 49, 67, 95)) if form == "01" and not scale < "03" and luck.random() < 0.2 else 0,
    )


def company_email(luck: Random, profile: Profile) -> str:
    """The company's own address; now and then an agency's, which several companies share."""
    if luck.random() < 0.01:
        return f"biro.jasa{luck.randrange(30)}@example.com"
    name = profile.name.lower().replace(" ", "").replace("'", "")
    return f"{name[:24]}{profile.serial}@example.com"[:45]


def _actor(luck: Random, scale: str, form: str) -> int:
    if form == "21":
        return 21
    if form == "16":
        return luck.choice((14, 15, 16, 17))
    if scale == "01" and luck.random() < 0.8:
        return 13
    return 12 if form in ("", "17") else 11
