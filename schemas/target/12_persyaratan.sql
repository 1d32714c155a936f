-- Documents handed in for a licence.
CREATE TABLE rba.persyaratan (
  id           uuid         PRIMARY KEY,
  id_izin      varchar(25)  NOT NULL REFERENCES rba.perizinan (id_izin),
  id_syarat    varchar(25)  NOT NULL,
  no_dokumen   varchar(50)  NULL,
  tgl_dokumen  date         NULL,
  berkas_url   text         NULL,
  keterangan   varchar(255) NULL,
  dihapus_pada timestamptz  NULL,  -- set when the legacy row was deleted; children stay
  UNIQUE (id_izin, id_syarat, no_dokumen)
);
