-- What a person or another entity is to a business actor.
CREATE TABLE rba.peran_orang (
  id              uuid          PRIMARY KEY,
  pelaku_usaha_id uuid          NOT NULL REFERENCES rba.pelaku_usaha (id),
  orang_id        uuid          NULL REFERENCES rba.orang (id),
  badan_npwp16    char(16)      NULL,
  badan_nama      varchar(500)  NULL,
  peran           varchar(18)   NOT NULL CHECK (peran IN ('PEMEGANG_SAHAM','PENANGGUNG_JAWAB','PEMROSES')),
  jabatan         varchar(250)  NULL,
  asing           boolean       NOT NULL DEFAULT false,
  nilai_saham     numeric(20,2) NULL,
  mulai           date          NULL,
  selesai         date          NULL,
  dihapus_pada    timestamptz   NULL,  -- set when the legacy row was deleted; children stay
  CHECK (orang_id IS NOT NULL OR badan_nama IS NOT NULL)
);
CREATE INDEX ix_peran_orang_pelaku_usaha_id ON rba.peran_orang (pelaku_usaha_id);
CREATE INDEX ix_peran_orang_orang_id ON rba.peran_orang (orang_id);
