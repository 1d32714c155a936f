-- Projects: one activity (KBLI 2020) of a NIB.
CREATE TABLE rba.proyek (
  id_proyek        varchar(25)   PRIMARY KEY,
  nomor_proyek     varchar(26)   NULL,
  nib              char(13)      NOT NULL REFERENCES rba.nib (nib),
  kbli_edisi       smallint      NOT NULL DEFAULT 2020,
  kbli             char(5)       NOT NULL,
  kbli_asal_2017   char(5)       NULL,
  jenis_proyek     char(2)       NOT NULL CHECK (jenis_proyek IN ('01','02','03','04','05')),
  kd_resiko        varchar(2)    NULL CHECK (kd_resiko IN ('R','MR','MT','T')),
  skala_usaha      char(2)       NULL CHECK (skala_usaha IN ('01','02','03','04')),
  nama_kegiatan    varchar(255)  NULL,
  uraian_usaha     varchar(255)  NULL,
  tki_l            integer       NOT NULL DEFAULT 0 CHECK (tki_l >= 0),
  tki_p            integer       NOT NULL DEFAULT 0 CHECK (tki_p >= 0),
  tka_l            integer       NOT NULL DEFAULT 0 CHECK (tka_l >= 0),
  tka_p            integer       NOT NULL DEFAULT 0 CHECK (tka_p >= 0),
  luas_tanah_m2    numeric(16,2) NULL,
  status_tanah     char(2)       NULL CHECK (status_tanah IN ('01','02','03')),
  nilai_tanah      numeric(20,2) NOT NULL DEFAULT 0,
  nilai_bangunan   numeric(20,2) NOT NULL DEFAULT 0,
  nilai_mesin      numeric(20,2) NOT NULL DEFAULT 0,
  nilai_lain       numeric(20,2) NOT NULL DEFAULT 0,
  modal_kerja      numeric(20,2) NOT NULL DEFAULT 0,
  jumlah_investasi numeric(20,2) NOT NULL DEFAULT 0,
  nitku            char(22)      NULL CHECK (nitku ~ '^[0-9]{22}$'),
  status_proyek    char(2)       NOT NULL DEFAULT '01' CHECK (status_proyek IN ('01','02')),
  versi            bigint        NOT NULL DEFAULT 1,
  diubah_pada      timestamptz   NOT NULL DEFAULT now(),
  dihapus_pada     timestamptz   NULL,  -- set when the legacy row was deleted; children stay
  FOREIGN KEY (kbli_edisi, kbli) REFERENCES rba.ref_kbli (edisi, kode)
);
CREATE INDEX ix_proyek_nib ON rba.proyek (nib);
