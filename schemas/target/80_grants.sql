-- The applier and the new application write rows, capture and the checks read; the code tables are the owner's alone.
GRANT USAGE ON SCHEMA rba TO selaras_applier, rba_app, rba_capture, selaras_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA rba TO selaras_applier, rba_app, rba_capture, selaras_reader;
GRANT INSERT, UPDATE, DELETE ON
  rba.pelaku_usaha, rba.nib, rba.orang, rba.peran_orang, rba.legalitas, rba.proyek, rba.proyek_lokasi, rba.produk,
  rba.perizinan, rba.perizinan_riwayat, rba.persyaratan, rba.hak_akses
  TO selaras_applier, rba_app;
REVOKE INSERT, UPDATE, DELETE ON rba.ref_kbli, rba.ref_kbli_konversi, rba.ref_wilayah FROM selaras_applier, rba_app;
