-- Products of a project.
CREATE TABLE rba.produk (
  id_produk           varchar(25)   PRIMARY KEY,
  id_proyek           varchar(25)   NOT NULL REFERENCES rba.proyek (id_proyek),
  uraian              varchar(1024) NOT NULL,
  kapasitas           numeric(20,2) NULL,
  satuan              varchar(100)  NULL,
  merk_dagang         varchar(100)  NULL,
  tkdn_persen         numeric(5,2)  NULL CHECK (tkdn_persen BETWEEN 0 AND 100),
  no_sertifikat_halal varchar(255)  NULL,
  no_sertifikat_sni   varchar(255)  NULL,
  diubah_pada         timestamptz   NULL DEFAULT now(),  -- unknown of rows that came from the legacy database
  dihapus_pada        timestamptz   NULL  -- set when the legacy row was deleted; children stay
);
CREATE INDEX ix_produk_id_proyek ON rba.produk (id_proyek);
