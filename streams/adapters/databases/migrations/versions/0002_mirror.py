"""Schema mirror: every captured legacy row as it is, with the position of its last change.

The mirror never refuses a row: characters, dates and times are text without a length, and nothing but the key is
constrained.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

POSITION = """
  _generation   integer not null,   -- of the capture
  _commit       bigint  not null,   -- LSN of the last commit before the transaction
  _record       bigint  not null,   -- LSN of the record
  _rank         smallint not null,  -- on one record the create (1) beats the delete (0)
  _tx           bigint  not null,   -- transaction on the source
  _committed_ms bigint  not null,   -- commit time on the source, ms since 1970 UTC
"""

TABLES = """
create table mirror.tr_oss_header (
  idoss bigint not null, nib text, oss_id text, id_izin text, kd_izin text, kd_daerah text, kewenangan text,
  tgl_pengajuan_nib text, tgl_terbit_nib text, tgl_perubahan_nib text, jenis_pelaku_usaha bigint,
  status_badan_hukum text, status_penanaman_modal text, jenis_perseroan text, status_perseroan text,
  npwp_perseroan text, nama_perseroan text, nama_singkatan text, alamat_perseroan text,
  rt_rw_perseroan text, kelurahan_perseroan text, perseroan_daerah_id text, kode_pos_perseroan text,
  nomor_telpon_perseroan text, email_perusahaan text, flag_perusahaan text, flag_ekspor text,
  flag_impor text, jenis_api text, total_modal_dasar text, total_modal_ditempatkan text, nilai_pmdn text,
  total_pma text, persen_pma text, no_pengesahan text, tgl_pengesahan text, no_npp text, no_va text,
  no_wlkp text, jenis_id_user_proses text, no_id_user_proses text, nama_user_proses text,
  email_user_proses text, hp_user_proses text, status_nib text, tipe_dokumen text, versi_pia text,
  sts_aktif text, tgl_insert text, tgl_update text,
  _deleted boolean not null default false,
  {position}
  primary key (idoss)
) with (fillfactor = 85);
create index on mirror.tr_oss_header (nib);
create index on mirror.tr_oss_header (id_izin);
insert into selaras.mirror_table (table_name) values ('tr_oss_header');

create table mirror.tr_oss_pemegang_saham (
  idps bigint not null, nib text, jenis_pemegang_saham text, flag_asing text, total_modal_pemegang text,
  jabatan_pemegang_saham text, nama_pemegang_saham text, jns_identitas_pemegang_saham text,
  no_identitas_pemegang_saham text, npwp_pemegang_saham text, negara_asal_pemegang_saham text,
  alamat_pemegang_saham text, flag_pajak_pemegang_saham text, sts_aktif text, tgl_insert text,
  _deleted boolean not null default false,
  {position}
  primary key (idps)
) with (fillfactor = 85);
create index on mirror.tr_oss_pemegang_saham (nib);
insert into selaras.mirror_table (table_name) values ('tr_oss_pemegang_saham');

create table mirror.tr_oss_penanggung_jwb (
  idpj bigint not null, nib text, flag_asing text, jns_identitas_penanggung_jwb text,
  no_identitas_penanggung_jwb text, nama_penanggung_jwb text, jabatan_penanggung_jwb text,
  kebangsaan_penanggung_jwb text, npwp_penanggung_jwb text, alamat_penanggung_jwb text,
  daerah_id_penanggung_jwb text, no_hp_penanggung_jwb text, email_penanggung_jwb text, sts_aktif text,
  tgl_insert text,
  _deleted boolean not null default false,
  {position}
  primary key (idpj)
) with (fillfactor = 85);
create index on mirror.tr_oss_penanggung_jwb (nib);
insert into selaras.mirror_table (table_name) values ('tr_oss_penanggung_jwb');

create table mirror.tr_oss_legalitas (
  idlegal bigint not null, nib text, jenis_legal text, no_legal text, tgl_legal text, nama_notaris text,
  alamat_notaris text,
  _deleted boolean not null default false,
  {position}
  primary key (idlegal)
) with (fillfactor = 85);
create index on mirror.tr_oss_legalitas (nib);
insert into selaras.mirror_table (table_name) values ('tr_oss_legalitas');

create table mirror.tr_oss_proyek (
  idpryk bigint not null, nib text, id_proyek text, nomor_proyek text, uraian_usaha text,
  nama_kegiatan text, kbli text, sektor text, jumlah_tki_l text, jumlah_tki_p text, jumlah_tka_l text,
  jumlah_tka_p text, status_tanah text, luas_tanah text, satuan_luas_tanah text,
  pembelian_pematang_tanah text, bangunan_gedung text, mesin_peralatan text, investasi_lain text,
  modal_kerja text, jumlah_investasi text, jumlah_investasi_rekap bigint, flag_perluasan text,
  flag_cabang text, npwp_cabang text, nama_cabang text, flag_merger text, npwp_perseroan_merger text,
  status_proyek text, jenis_proyek text, sts_aktif text, tgl_insert text, tgl_update text,
  _deleted boolean not null default false,
  {position}
  primary key (idpryk)
) with (fillfactor = 85);
create index on mirror.tr_oss_proyek (nib);
create index on mirror.tr_oss_proyek (id_proyek);
insert into selaras.mirror_table (table_name) values ('tr_oss_proyek');

create table mirror.tr_oss_lokasi (
  idlok bigint not null, id_proyek text, id_proyek_lokasi text, proyek_daerah_id text, kd_kawasan text,
  jenis_kawasan text, alamat_usaha text, jenis_lokasi text, status_lokasi text, lat_lng text,
  _deleted boolean not null default false,
  {position}
  primary key (idlok)
) with (fillfactor = 85);
create index on mirror.tr_oss_lokasi (id_proyek);
create index on mirror.tr_oss_lokasi (id_proyek_lokasi);
insert into selaras.mirror_table (table_name) values ('tr_oss_lokasi');

create table mirror.tr_oss_produk (
  idprod bigint not null, id_produk text, id_proyek text, kbli text, id_bidang_usaha text,
  jenis_produksi text, kapasitas text, satuan text, merk_dagang text, pemegang_haki text, pi_nomor text,
  pi_tanggal text, tkdn double precision,
  _deleted boolean not null default false,
  {position}
  primary key (idprod)
) with (fillfactor = 85);
create index on mirror.tr_oss_produk (id_produk);
create index on mirror.tr_oss_produk (id_proyek);
insert into selaras.mirror_table (table_name) values ('tr_oss_produk');

create table mirror.tr_oss_checklist (
  idchecklist bigint not null, nib text, id_proyek text, id_produk text, id_izin text, jenis_izin text,
  kd_izin text, kd_daerah text, nama_izin text, instansi text, id_kewenangan real,
  parameter_kewenangan text, kewenangan text, flag_checklist text, flag_transaksional text,
  flag_perpanjangan text, no_izin text, tgl_izin text, tgl_berlaku_izin text, file_izin text,
  kbli_konversi text, status_checklist text, sts_aktif text, tgl_permohonan text, tgl_insert text,
  _deleted boolean not null default false,
  {position}
  primary key (idchecklist)
) with (fillfactor = 85);
create index on mirror.tr_oss_checklist (nib);
create index on mirror.tr_oss_checklist (id_proyek);
create index on mirror.tr_oss_checklist (id_izin);
insert into selaras.mirror_table (table_name) values ('tr_oss_checklist');

create table mirror.tr_oss_persyaratan (
  idsyarat bigint not null, id_izin text, id_syarat text, no_dokumen text, tgl_dokumen text,
  file_dokumen text, keterangan text,
  _deleted boolean not null default false,
  {position}
  primary key (idsyarat)
) with (fillfactor = 85);
create index on mirror.tr_oss_persyaratan (id_izin);
insert into selaras.mirror_table (table_name) values ('tr_oss_persyaratan');

create table mirror.tr_oss_status_izin (
  idstatus bigint not null, nib text, id_proyek text, id_izin text, kd_izin text, kd_instansi text,
  kd_status text, tgl_status text, nip_status text, nama_status text, keterangan text, kd_billing text,
  nominal text,
  _deleted boolean not null default false,
  {position}
  primary key (idstatus)
) with (fillfactor = 85);
create index on mirror.tr_oss_status_izin (nib);
create index on mirror.tr_oss_status_izin (id_proyek);
create index on mirror.tr_oss_status_izin (id_izin);
insert into selaras.mirror_table (table_name) values ('tr_oss_status_izin');

create table mirror.oss_iumk (
  nib text, day_of_tanggal_terbit text, status_nib text, nama_usaha text, pemilik text, no_ktp text,
  npwp text, sektor text, kbli bigint, kegiatan_usaha text, alamat text, kelurahan text, kecamatan text,
  kota text, telp text, email text, modal_usaha double precision, jml_tenaga_kerja bigint,
  _content uuid not null,       -- md5 of the whole row: rows without a key are told apart by it
  _count integer not null,      -- how many such rows the legacy table holds
  _partition integer not null,
  {position}
  primary key (_content)
) with (fillfactor = 85);
create index on mirror.oss_iumk (nib);
insert into selaras.mirror_table (table_name) values ('oss_iumk');

create table mirror.tb_user_oss (
  id_profile bigint not null, username text, jenis_identitas text, nomor_identitas text, nama text,
  email text, telp text, role text, status text, flag_umk text, jenis_pelaku_usaha text,
  npwp_perseroan text, data_nib text, flag_migrasi text, tgl_update text,
  _deleted boolean not null default false,
  {position}
  primary key (id_profile)
) with (fillfactor = 85);
insert into selaras.mirror_table (table_name) values ('tb_user_oss');

"""


def upgrade() -> None:
    op.execute(TABLES.replace("{position}", POSITION.strip()))


def downgrade() -> None:
    op.execute("drop schema mirror cascade; create schema mirror; delete from selaras.mirror_table")
