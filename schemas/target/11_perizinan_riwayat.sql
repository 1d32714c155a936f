-- Status history of a licence.
CREATE TABLE rba.perizinan_riwayat (
  id           uuid          PRIMARY KEY,  -- derived from the natural key below, so that it is the same whenever it is computed
  id_izin      varchar(25)   NOT NULL REFERENCES rba.perizinan (id_izin),
  status_kode  char(2)       NOT NULL,
  waktu        timestamptz   NOT NULL,
  kd_instansi  char(3)       NULL,
  petugas_nip  varchar(50)   NULL,
  petugas_nama varchar(50)   NULL,
  keterangan   text          NULL,
  kd_billing   varchar(50)   NULL,
  nominal_pnbp numeric(20,0) NULL,
  dihapus_pada timestamptz   NULL,  -- set when the legacy row was deleted; children stay
  UNIQUE (id_izin, status_kode, waktu)
);
