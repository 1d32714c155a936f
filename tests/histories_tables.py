"""What random histories are made of: a few values a column, good and bad, so that rows meet in the same keys."""

NIBS = (*("9999000000017", "9999000000025", "9999000000033") * 3, "123", " 9999000000017")
OSS_IDS = ("P-1", "P-2", "P-3")
PROJECTS = ("R-1", "R-2", "R-3", "R-4")
NAMES = ("PT Satu", "CV  Dua", "PT Tiga", "", "Toko\nEmpat")
DATES = ("2019-03-04", "04/03/2019", "2020-01-31", "2018-07-09", "31/02/2020", "-")
TIMES = ("2019-03-04T10:11:12Z", "2020-05-06T07:08:09.5Z", "2021-01-01T00:00:00Z")

HEADER = {
    "jenis_pelaku_usaha": 11,
    "jenis_perseroan": "01",
    "perseroan_daerah_id": "9271000000",
    "flag_ekspor": "N",
    "versi_pia": "3.0",
    "tgl_update": None,
}
PROJECT = {
    "satuan_luas_tanah": "01",
    "jenis_proyek": "01",
    "status_proyek": "01",
    "tgl_update": None,
    "jumlah_investasi_rekap": None,
}
HEADER_VALUES = {
    "nib": NIBS,
    "oss_id": OSS_IDS,
    "nama_perseroan": NAMES,
    "tgl_terbit_nib": DATES,
    "tgl_perubahan_nib": DATES,
    "status_nib": ("01", "02", "01", "02", "ZZ"),
    "sts_aktif": ("1", "1", "0"),
    "total_modal_dasar": ("2500000000     ", "1e99", "0              "),
    "tgl_insert": TIMES,
}
PROJECT_VALUES = {
    "nib": NIBS,
    "id_proyek": PROJECTS,
    "kbli": ("55194", "55194", "55194", "99999", ""),
    "uraian_usaha": ("Vila", "Vila", "Vila", "Hotel"),
    "luas_tanah": ("1.5", "banyak"),
    "sts_aktif": ("1", "1", "0"),
    "tgl_insert": TIMES,
}
MICRO_VALUES = {
    "nib": (*NIBS, None),
    "nama_usaha": NAMES,
    "status_nib": ("Aktif", "?"),
    "day_of_tanggal_terbit": ("2019-03-04Z", None),
    "modal_usaha": (1000000.0, "NaN", 5e14),
}
SITE_VALUES = {
    "id_proyek": PROJECTS,
    "id_proyek_lokasi": ("L-1", "L-2", "L-3"),
    "proyek_daerah_id": ("9271000000", "9271000000", "1"),
    "alamat_usaha": ("Jl. Satu<br>Dua", None),
    "jenis_kawasan": ("", "01"),
    "lat_lng": ("-6.2,106.8", "106.8 -6.2", "0,0", ""),
}
PRODUCT_VALUES = {
    "id_produk": ("D-1", "D-2", "D-3"),
    "id_proyek": ("R-1", "R-2", "R-", "R-3"),
    "kbli": ("55194", "55194", "99999"),
    "jenis_produksi": ("Kamar", "Kamar", ""),
    "kapasitas": ("12,5", "banyak"),
    "tkdn": (50.0, 500.0, None),
}
LICENCE_VALUES = {
    "nib": NIBS,
    "id_izin": ("I-1", "I-2", "I-3"),
    "id_proyek": (*PROJECTS, ""),
    "jenis_izin": ("01", "02", "02", "03"),
    "kd_izin": ("040000000001", "040000000001", ""),
    "kewenangan": ("00", "02", "99"),
    "status_checklist": ("50", "0", "35"),
    "no_izin": ("1/2", "-"),
    "tgl_izin": DATES,
    "sts_aktif": ("1", "1", "0"),
    "tgl_insert": TIMES,
}
STATUS_VALUES = {
    "nib": NIBS,
    "id_izin": ("I-1", "I-2", "I-3"),
    "kd_status": ("20", "50", "91", "??"),
    "tgl_status": ("2019-03-04 10:11:12", "2020-05-06 07:08:09", "-"),
    "nominal": ("0", "1.000.000"),
}
REQUIREMENT_VALUES = {
    "id_izin": ("I-1", "I-2"),
    "id_syarat": ("S-1", "S-2"),
    "no_dokumen": ("7", ""),
    "tgl_dokumen": ("20190304", "2019-03-"),
}
DEED_VALUES = {
    "nib": NIBS,
    "jenis_legal": ("01", "02", "06", "99"),
    "no_legal": ("No. 7", "8", ""),
    "tgl_legal": DATES,
    "nama_notaris": ("Notaris Satu", ""),
}
PEOPLE = ("9271010101900001", "9271014101900002", "92710101019000011", "")
SHAREHOLDER_VALUES = {
    "nib": NIBS,
    "jenis_pemegang_saham": ("01", "01", "02", ""),
    "flag_asing": ("N", "T", "?"),
    "total_modal_pemegang": ("1000000        ", "-5             "),
    "nama_pemegang_saham": ("Orang Satu", "Orang Dua", ""),
    "jns_identitas_pemegang_saham": ("01", "", "09"),
    "no_identitas_pemegang_saham": PEOPLE,
    "sts_aktif": ("1", "1", "0"),
    "tgl_insert": TIMES,
}
RESPONSIBLE_VALUES = {
    "nib": NIBS,
    "flag_asing": ("N", "N", "Y"),
    "jns_identitas_penanggung_jwb": ("01", "02"),
    "no_identitas_penanggung_jwb": PEOPLE,
    "nama_penanggung_jwb": ("Orang Satu", ""),
    "kebangsaan_penanggung_jwb": ("01", "02"),
    "sts_aktif": ("1", "1", "0"),
    "tgl_insert": TIMES,
}
USER_VALUES = {
    "jenis_identitas": ("01", ""),
    "nomor_identitas": PEOPLE,
    "nama": ("Orang Satu", "Orang Tiga"),
    "email": ("a@b.id", "A@b.id", "c@d.id", ""),
    "role": ("11", "12", "99"),
    "data_nib": ("9999000000017", "9999000000017,9999000000025", "9999000000033, 123", ""),
    "flag_migrasi": ("Y", "N"),
    "tgl_update": (*TIMES, None),
}
VALUES = {
    "tr_oss_header": HEADER_VALUES,
    "tr_oss_proyek": PROJECT_VALUES,
    "oss_iumk": MICRO_VALUES,
    "tr_oss_lokasi": SITE_VALUES,
    "tr_oss_produk": PRODUCT_VALUES,
    "tr_oss_checklist": LICENCE_VALUES,
    "tr_oss_status_izin": STATUS_VALUES,
    "tr_oss_persyaratan": REQUIREMENT_VALUES,
    "tr_oss_legalitas": DEED_VALUES,
    "tr_oss_pemegang_saham": SHAREHOLDER_VALUES,
    "tr_oss_penanggung_jwb": RESPONSIBLE_VALUES,
    "tb_user_oss": USER_VALUES,
}
FIXED: dict[str, dict[str, object]] = {
    **{table: {} for table in VALUES},
    "tr_oss_header": HEADER,
    "tr_oss_proyek": PROJECT,
    "tr_oss_checklist": {"id_kewenangan": 0.0},
}
SURROGATES = {
    "tr_oss_header": "idoss",
    "tr_oss_proyek": "idpryk",
    "tr_oss_lokasi": "idlok",
    "tr_oss_produk": "idprod",
    "tr_oss_checklist": "idchecklist",
    "tr_oss_status_izin": "idstatus",
    "tr_oss_persyaratan": "idsyarat",
    "tr_oss_legalitas": "idlegal",
    "tr_oss_pemegang_saham": "idps",
    "tr_oss_penanggung_jwb": "idpj",
    "tb_user_oss": "id_profile",
}
MESSAGE_KEYS = {
    **dict.fromkeys(VALUES, "nib"),
    "tr_oss_lokasi": "id_proyek",
    "tr_oss_produk": "id_proyek",
    "tr_oss_persyaratan": "id_izin",
    "tb_user_oss": "id_profile",
}
CHILDREN = tuple(table for table in VALUES if table not in ("tr_oss_header", "tr_oss_proyek", "oss_iumk"))
DEEDS = (
    ("insert", "tr_oss_header"),
    ("insert", "tr_oss_header"),
    ("update", "tr_oss_header"),
    ("update", "tr_oss_header"),
    ("rekey", "tr_oss_header"),
    ("delete", "tr_oss_header"),
    ("insert", "tr_oss_header"),
    ("update", "tr_oss_header"),
    ("insert", "tr_oss_proyek"),
    ("insert", "tr_oss_proyek"),
    ("update", "tr_oss_proyek"),
    ("rekey", "tr_oss_proyek"),
    ("delete", "tr_oss_proyek"),
    ("insert", "oss_iumk"),
    ("double", "oss_iumk"),
    ("copy", "oss_iumk"),
    ("update", "oss_iumk"),
    ("delete", "oss_iumk"),
    ("reread", "tr_oss_header"),
    ("reread", "tr_oss_proyek"),
    ("truncate", ""),
    *[(what, table) for table in CHILDREN for what in ("insert", "insert", "update", "delete")],
    *[("commit", "")] * 8,
)
