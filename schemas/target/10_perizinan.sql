-- Licences.
CREATE TABLE rba.perizinan (
  id_izin         varchar(25)  PRIMARY KEY,
  id_proyek       varchar(25)  NULL REFERENCES rba.proyek (id_proyek),
  nib             char(13)     NOT NULL REFERENCES rba.nib (nib),
  jenis           varchar(8)   NOT NULL CHECK (jenis IN ('NIB','SS','IZIN','PB_UMKU','DASAR')),
  jenis_izin_oss  varchar(3)   NOT NULL,
  kd_izin         varchar(13)  NOT NULL,
  nama_izin       varchar(255) NOT NULL,
  instansi        varchar(100) NULL,
  kewenangan      char(2)      NOT NULL CHECK (kewenangan IN ('00','01','02')),
  wilayah_kode    varchar(13)  NULL REFERENCES rba.ref_wilayah (kode),
  nomor           varchar(150) NULL,
  tgl_terbit      date         NULL,
  tgl_berlaku     date         NULL,
  status_kode     char(2)      NOT NULL,
  status_kelompok varchar(14)  NOT NULL CHECK (status_kelompok IN ('DRAF','PROSES','TERBIT','TERBIT_SEMENTARA','DITOLAK','DIBEKUKAN','DICABUT','DIBATALKAN')),
  terverifikasi   boolean      NOT NULL DEFAULT false,
  komitmen        char(1)      NULL CHECK (komitmen IN ('Y','N','O','T')),
  berkas_url      text         NULL,
  asal            varchar(12)  NOT NULL,
  versi           bigint       NOT NULL DEFAULT 1,
  diubah_pada     timestamptz  NOT NULL DEFAULT now(),
  dihapus_pada    timestamptz  NULL  -- set when the legacy row was deleted; children stay
);
CREATE INDEX ix_perizinan_nib ON rba.perizinan (nib);
CREATE INDEX ix_perizinan_id_proyek ON rba.perizinan (id_proyek);
