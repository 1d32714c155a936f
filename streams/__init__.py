"""Selaras: the parallel run of a legacy database and its successor."""
