"""Secrets in everything a repository keeps: objects listed once, scanned once each, then placed in time."""
