"""Extractors: one file at a time, pure. Each module here is discovered; names with a leading underscore are helpers."""
