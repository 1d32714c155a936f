-- Access rights: who may act for a NIB.
CREATE TABLE rba.hak_akses (
  id                uuid         PRIMARY KEY,
  nib               char(13)     NOT NULL REFERENCES rba.nib (nib),
  orang_id          uuid         NOT NULL REFERENCES rba.orang (id),
  email             varchar(254) NOT NULL,
  tingkat           varchar(8)   NOT NULL CHECK (tingkat IN ('UTAMA','TURUNAN')),
  aktif             boolean      NOT NULL DEFAULT false,
  migrasi_pada      timestamptz  NULL,
  legacy_id_profile integer      NULL,
  dihapus_pada      timestamptz  NULL  -- set when the legacy row was deleted; children stay
);
CREATE INDEX ix_hak_akses_orang_id ON rba.hak_akses (orang_id);
-- One active main account a NIB, and one NIB an e-mail address.
CREATE UNIQUE INDEX ux_hak_akses_utama ON rba.hak_akses (nib) WHERE tingkat = 'UTAMA' AND aktif;
CREATE UNIQUE INDEX ux_hak_akses_email ON rba.hak_akses (lower(email)) WHERE tingkat = 'UTAMA' AND aktif;
