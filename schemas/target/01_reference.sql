-- Schema of the new system, and the code tables that both editions of a code list meet in.
CREATE SCHEMA rba;

-- Classification of business fields, each edition for itself.
CREATE TABLE rba.ref_kbli (
  edisi    smallint     NOT NULL,  -- 2017 | 2020 | 2025
  kode     char(5)      NOT NULL CHECK (kode ~ '^[0-9]{5}$'),
  judul    varchar(500) NOT NULL,
  kategori char(1)      NOT NULL,
  PRIMARY KEY (edisi, kode)
);

-- From KBLI 2017 to 2020. Always applied to the original code: the moves form chains.
CREATE TABLE rba.ref_kbli_konversi (
  kode_2017 char(5)     NOT NULL,
  kode_2020 char(5)     NOT NULL,
  jenis     varchar(12) NOT NULL CHECK (jenis IN ('TETAP','PINDAH','PECAH','GABUNG','PAKAI_ULANG')),
  otomatis  boolean     NOT NULL,
  sumber    varchar(60) NOT NULL,
  PRIMARY KEY (kode_2017, kode_2020)
);

-- Regions of every list in use; a code that was replaced names its successor.
CREATE TABLE rba.ref_wilayah (
  kode           varchar(13)  PRIMARY KEY CHECK (kode ~ '^[0-9]{2}(\.[0-9]{2}(\.[0-9]{2}(\.[0-9]{4})?)?)?$'),
  kode_oss       char(10)     NOT NULL UNIQUE,
  nama           varchar(120) NOT NULL,
  tingkat        smallint     NOT NULL CHECK (tingkat BETWEEN 1 AND 4),
  dasar          varchar(60)  NOT NULL,
  berlaku_sampai date         NULL,
  kode_pengganti varchar(13)  NULL
);
