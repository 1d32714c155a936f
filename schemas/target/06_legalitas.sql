-- Deeds, with their approval.
CREATE TABLE rba.legalitas (
  id              uuid         PRIMARY KEY,
  pelaku_usaha_id uuid         NOT NULL REFERENCES rba.pelaku_usaha (id),
  jenis_akta      char(2)      NOT NULL CHECK (jenis_akta IN ('01','02','06','07','09','10','11','12')),
  nomor           varchar(100) NOT NULL,
  tanggal         date         NULL,
  nama_notaris    varchar(100) NULL,
  alamat_notaris  varchar(255) NULL,
  no_pengesahan   varchar(100) NULL,
  tgl_pengesahan  date         NULL,
  dihapus_pada    timestamptz  NULL,  -- set when the legacy row was deleted; children stay
  UNIQUE (pelaku_usaha_id, jenis_akta, nomor, tanggal)
);
