"""Faust, and only here."""
