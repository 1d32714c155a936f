"""A company merged from two documents and the micro-business extract, with one row in every legacy table."""

from tests.engine import EngineWorld
from tests.histories_tables import FIXED
from tests.history import History, Row

A, B = "9999000000017", "9999000000025"
PERSON, OWNER, OTHER = "9271010101900001", "9271014101900002", "9271010202800003"
PHONES = ("081234567890", "0217654321", "081298765432")
EMAILS = ("kantor@rahasia.co.id", "budi@rahasia.co.id", "akun@rahasia.co.id")
PEOPLE = ("Budi Rahasia", "Siti Tersembunyi")
SECRETS = (PERSON, OWNER, OTHER, *PHONES, *EMAILS, *PEOPLE)
PROJECT, LICENCE = "R-201903041011120000001", "I-201903041011121"
AT = {"tgl_insert": "2019-03-04T10:11:12Z", "sts_aktif": "1"}


def put(history: History, table: str, **values: object) -> Row:
    """A row of this table, sound but for what is given."""
    return history.insert(table, **{**FIXED[table], **values})


def document(history: History, number: int, nib: str, **values: object) -> Row:
    """A NIB document that no rule refuses, but for what is given."""
    sound = {"oss_id": f"P-{number}", "nama_perseroan": "PT Baik", "status_nib": "01", "tgl_terbit_nib": "04/03/2019"}
    return put(history, "tr_oss_header", idoss=number, nib=nib, **{**AT, **sound, **values})


def person(history: History, number: int, nib: str, identity: str, name: str) -> Row:
    """A responsible person."""
    about = {"no_identitas_penanggung_jwb": identity, "jns_identitas_penanggung_jwb": "01", "nama_penanggung_jwb": name}
    reached = {"no_hp_penanggung_jwb": PHONES[0], "email_penanggung_jwb": EMAILS[1], "kebangsaan_penanggung_jwb": "01"}
    return put(history, "tr_oss_penanggung_jwb", idpj=number, nib=nib, flag_asing="N", **AT, **about, **reached)


def filled(world: EngineWorld) -> History:
    """A: everything, its document sent twice. B: another company that asks for the same oss_id, and has A's person."""
    history = world.history()
    document(history, 1, A, tgl_perubahan_nib="2019-03-04", nama_perseroan="PT Lama")
    # The newer document has no telephone: the extract fills it.
    document(history, 2, A, tgl_perubahan_nib="2020-05-06", oss_id="P-1", email_perusahaan=EMAILS[0])
    history.insert(
        "oss_iumk",
        nib=A,
        nama_usaha="Toko Baik",
        status_nib="Aktif",
        pemilik=PEOPLE[1],
        no_ktp=OWNER,
        telp=PHONES[1],
        email="toko@rahasia.co.id",
        day_of_tanggal_terbit="2019-03-04Z",
        modal_usaha=1000000.0,
    )
    person(history, 1, A, PERSON, PEOPLE[0])
    _children(history)
    history.commits()
    document(history, 3, B, oss_id="P-1", tgl_terbit_nib="05/03/2019")
    person(history, 2, B, PERSON, PEOPLE[0])
    person(history, 3, B, OTHER, "Orang Lain")
    history.commits()
    world.apply(history.chunks())
    return history


def _children(history: History) -> None:
    put(history, "tr_oss_proyek", idpryk=1, nib=A, id_proyek=PROJECT, kbli="55194", uraian_usaha="Vila", **AT)
    site = {"alamat_usaha": "Jl. Satu", "proyek_daerah_id": "9271000000"}
    put(history, "tr_oss_lokasi", idlok=1, id_proyek=PROJECT, id_proyek_lokasi="L-1", **site)
    # The legacy column holds 21 characters.
    product = {"jenis_produksi": "Kamar", "kapasitas": "12,5", "kbli": "55194", "tkdn": None}
    put(history, "tr_oss_produk", idprod=1, id_produk="D-1", id_proyek=PROJECT[:21], **product)
    licence = {"jenis_izin": "02", "kd_izin": "040000000001", "kewenangan": "00", "nama_izin": "Izin Usaha"}
    dates = {"no_izin": "1/2", "tgl_izin": "2019-03-04", "tgl_permohonan": "2019-03-04 10:11:12"}
    named = {"nib": A, "id_proyek": PROJECT, "id_izin": LICENCE}
    put(history, "tr_oss_checklist", idchecklist=1, **named, **licence, **dates, **AT)
    event = {"kd_status": "50", "tgl_status": "2020-05-06 07:08:09", "nama_status": PEOPLE[0], "nominal": "0"}
    put(history, "tr_oss_status_izin", idstatus=1, **named, **event)
    put(history, "tr_oss_persyaratan", idsyarat=1, id_izin=LICENCE, id_syarat="S-1", no_dokumen="7")
    deed = {"jenis_legal": "01", "no_legal": "7", "tgl_legal": "2019-03-04", "nama_notaris": PEOPLE[1]}
    put(history, "tr_oss_legalitas", idlegal=1, nib=A, **deed)
    holder = {"jenis_pemegang_saham": "01", "jns_identitas_pemegang_saham": "01", "flag_asing": "N"}
    named_so = {"no_identitas_pemegang_saham": PERSON, "nama_pemegang_saham": PEOPLE[0]}
    put(history, "tr_oss_pemegang_saham", idps=1, nib=A, total_modal_pemegang="1000000", **holder, **named_so, **AT)
    account = {"username": "akun", "jenis_identitas": "01", "nomor_identitas": PERSON, "nama": PEOPLE[0]}
    right = {"email": EMAILS[2], "telp": PHONES[2], "role": "11", "status": "1", "flag_migrasi": "N"}
    put(history, "tb_user_oss", id_profile=1, data_nib=f"{A},{B}", tgl_update=None, **account, **right)
