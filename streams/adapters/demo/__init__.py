"""Synthetic legacy data and business traffic."""
