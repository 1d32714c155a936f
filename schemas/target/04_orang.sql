-- Persons. The identity is encrypted; its keyed hash finds the person again.
CREATE TABLE rba.orang (
  id                uuid          PRIMARY KEY,
  jenis_identitas   char(2)       NOT NULL CHECK (jenis_identitas IN ('01','02')),
  no_identitas_enc  bytea         NOT NULL,
  no_identitas_hmac char(64)      NOT NULL UNIQUE,
  nama              varchar(500)  NOT NULL,
  kewarganegaraan   char(2)       NOT NULL,
  npwp16            char(16)      NULL CHECK (npwp16 ~ '^[0-9]{16}$'),
  wilayah_kode      varchar(13)   NULL REFERENCES rba.ref_wilayah (kode),
  alamat            varchar(1024) NULL,
  telepon           varchar(20)   NULL,
  email             varchar(254)  NULL,
  diubah_pada       timestamptz   NULL DEFAULT now(),  -- unknown of rows that came from the legacy database
  dihapus_pada      timestamptz   NULL  -- set when the legacy row was deleted; children stay
);
