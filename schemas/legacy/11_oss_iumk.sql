-- Extract of the micro and small businesses, kept beside tr_oss_header.
-- No primary key, labels instead of codes, the leading zero of kbli lost; equal rows can occur twice.
CREATE TABLE public.oss_iumk (
  nib                   varchar(15),        -- business number, 13 digits
  day_of_tanggal_terbit date,               -- issued
  status_nib            varchar(20),        -- label, 'Aktif'
  nama_usaha            varchar(255),
  pemilik               varchar(255),       -- personal
  no_ktp                varchar(20),        -- identity card; sometimes the NIB
  npwp                  varchar(20),
  sektor                varchar(100),       -- label
  kbli                  int,                -- KBLI 2017 without its leading zero
  kegiatan_usaha        text,
  alamat                text,
  kelurahan             varchar(100),
  kecamatan             varchar(100),
  kota                  varchar(100),
  telp                  varchar(30),        -- personal
  email                 varchar(47),        -- personal
  modal_usaha           double precision,   -- rupiah
  jml_tenaga_kerja      int
);
CREATE INDEX ix_oss_iumk_nib ON public.oss_iumk (nib);
ALTER TABLE public.oss_iumk REPLICA IDENTITY FULL;
