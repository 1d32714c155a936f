-- Business numbers; the key that both systems share.
CREATE TABLE rba.nib (
  nib             char(13)    PRIMARY KEY CHECK (nib ~ '^[0-9]{13}$'),
  pelaku_usaha_id uuid        NOT NULL REFERENCES rba.pelaku_usaha (id),
  oss_id          varchar(25) NOT NULL UNIQUE,
  status_nib      char(2)     NOT NULL CHECK (status_nib IN ('01','02','03','04','05','06')),
  tgl_pengajuan   date        NULL,
  tgl_terbit      date        NOT NULL,
  tgl_perubahan   date        NULL,
  flag_ekspor     boolean     NOT NULL DEFAULT false,
  jenis_api       char(2)     NULL CHECK (jenis_api IN ('01','02')),
  asal            varchar(12) NOT NULL CHECK (asal IN ('OSS_1_0','OSS_1_1','OSS_RBA')),
  status_migrasi  varchar(14) NOT NULL DEFAULT 'BELUM' CHECK (status_migrasi IN ('BELUM','SALINAN','DIKONFIRMASI','DIALIHKAN')),
  versi           bigint      NOT NULL DEFAULT 1,
  diubah_pada     timestamptz NOT NULL DEFAULT now(),
  dihapus_pada    timestamptz NULL  -- set when the legacy row was deleted; children stay
);
CREATE INDEX ix_nib_pelaku_usaha_id ON rba.nib (pelaku_usaha_id);
