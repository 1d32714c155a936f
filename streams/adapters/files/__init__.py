"""Mapping and reference files."""
