"""The twelve legacy tables as the generator fills them: columns in the order of the DDL, without generated ids."""

from dataclasses import dataclass
from datetime import date, datetime

Value = str | int | float | date | datetime | None
Row = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Table:
    """One table: the column that the database numbers ("" for none) and those that the application fills."""

    name: str
    surrogate: str
    columns: tuple[str, ...]


TABLES: dict[str, Table] = {
    name: Table(name, surrogate, tuple(columns.split()))
    for name, surrogate, columns in (
        (
            "tr_oss_header",
            "idoss",
            """
            nib oss_id id_izin kd_izin kd_daerah kewenangan tgl_pengajuan_nib tgl_terbit_nib
            tgl_perubahan_nib jenis_pelaku_usaha status_badan_hukum status_penanaman_modal
            jenis_perseroan status_perseroan npwp_perseroan nama_perseroan nama_singkatan
            alamat_perseroan rt_rw_perseroan kelurahan_perseroan perseroan_daerah_id
            kode_pos_perseroan nomor_telpon_perseroan email_perusahaan flag_perusahaan flag_ekspor
            flag_impor jenis_api total_modal_dasar total_modal_ditempatkan nilai_pmdn total_pma
            persen_pma no_pengesahan tgl_pengesahan no_npp no_va no_wlkp jenis_id_user_proses
            no_id_user_proses nama_user_proses email_user_proses hp_user_proses status_nib
            tipe_dokumen versi_pia sts_aktif tgl_insert tgl_update
            """,
        ),
        (
            "tr_oss_pemegang_saham",
            "idps",
            """
            nib jenis_pemegang_saham flag_asing total_modal_pemegang jabatan_pemegang_saham
            nama_pemegang_saham jns_identitas_pemegang_saham no_identitas_pemegang_saham
            npwp_pemegang_saham negara_asal_pemegang_saham alamat_pemegang_saham
            flag_pajak_pemegang_saham sts_aktif tgl_insert
            """,
        ),
        (
            "tr_oss_penanggung_jwb",
            "idpj",
            """
            nib flag_asing jns_identitas_penanggung_jwb no_identitas_penanggung_jwb
            nama_penanggung_jwb jabatan_penanggung_jwb kebangsaan_penanggung_jwb npwp_penanggung_jwb
            alamat_penanggung_jwb daerah_id_penanggung_jwb no_hp_penanggung_jwb email_penanggung_jwb
            sts_aktif tgl_insert
            """,
        ),
        (
            "tr_oss_legalitas",
            "idlegal",
            """
            nib jenis_legal no_legal tgl_legal nama_notaris alamat_notaris
            """,
        ),
        (
            "tr_oss_proyek",
            "idpryk",
            """
            nib id_proyek nomor_proyek uraian_usaha nama_kegiatan kbli sektor jumlah_tki_l
            jumlah_tki_p jumlah_tka_l jumlah_tka_p status_tanah luas_tanah satuan_luas_tanah
            pembelian_pematang_tanah bangunan_gedung mesin_peralatan investasi_lain modal_kerja
            jumlah_investasi jumlah_investasi_rekap flag_perluasan flag_cabang npwp_cabang
            nama_cabang flag_merger npwp_perseroan_merger status_proyek jenis_proyek sts_aktif
            tgl_insert tgl_update
            """,
        ),
        (
            "tr_oss_lokasi",
            "idlok",
            """
            id_proyek id_proyek_lokasi proyek_daerah_id kd_kawasan jenis_kawasan alamat_usaha
            jenis_lokasi status_lokasi lat_lng
            """,
        ),
        (
            "tr_oss_produk",
            "idprod",
            """
            id_produk id_proyek kbli id_bidang_usaha jenis_produksi kapasitas satuan merk_dagang
            pemegang_haki pi_nomor pi_tanggal tkdn
            """,
        ),
        (
            "tr_oss_checklist",
            "idchecklist",
            """
            nib id_proyek id_produk id_izin jenis_izin kd_izin kd_daerah nama_izin instansi
            id_kewenangan parameter_kewenangan kewenangan flag_checklist flag_transaksional
            flag_perpanjangan no_izin tgl_izin tgl_berlaku_izin file_izin kbli_konversi
            status_checklist sts_aktif tgl_permohonan tgl_insert
            """,
        ),
        (
            "tr_oss_persyaratan",
            "idsyarat",
            """
            id_izin id_syarat no_dokumen tgl_dokumen file_dokumen keterangan
            """,
        ),
        (
            "tr_oss_status_izin",
            "idstatus",
            """
            nib id_proyek id_izin kd_izin kd_instansi kd_status tgl_status nip_status nama_status
            keterangan kd_billing nominal
            """,
        ),
        (
            "oss_iumk",
            "",
            """
            nib day_of_tanggal_terbit status_nib nama_usaha pemilik no_ktp npwp sektor kbli
            kegiatan_usaha alamat kelurahan kecamatan kota telp email modal_usaha jml_tenaga_kerja
            """,
        ),
        (
            "tb_user_oss",
            "id_profile",
            """
            username jenis_identitas nomor_identitas nama email telp role status flag_umk
            jenis_pelaku_usaha npwp_perseroan data_nib flag_migrasi tgl_update
            """,
        ),
    )
}
