"""Reports: Checklist -> text. Pure; one module a format."""
