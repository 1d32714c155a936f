-- Sites of a project.
CREATE TABLE rba.proyek_lokasi (
  id_proyek_lokasi varchar(25)  PRIMARY KEY,
  id_proyek        varchar(25)  NOT NULL REFERENCES rba.proyek (id_proyek),
  wilayah_kode     varchar(13)  NOT NULL REFERENCES rba.ref_wilayah (kode),
  wilayah_asal     char(10)     NULL,
  alamat           text         NULL,
  dalam_kawasan    boolean      NOT NULL DEFAULT false,
  kd_kawasan       varchar(11)  NULL,
  jenis_kawasan    char(2)      NULL CHECK (jenis_kawasan IN ('01','02','03')),
  lintas_wilayah   boolean      NOT NULL DEFAULT false,
  status_lokasi    char(2)      NULL CHECK (status_lokasi IN ('01','02')),
  lintang          numeric(9,6) NULL CHECK (lintang BETWEEN -11.5 AND 6.5),
  bujur            numeric(9,6) NULL CHECK (bujur BETWEEN 94.5 AND 141.5),
  dihapus_pada     timestamptz  NULL  -- set when the legacy row was deleted; children stay
);
CREATE INDEX ix_proyek_lokasi_id_proyek ON rba.proyek_lokasi (id_proyek);
