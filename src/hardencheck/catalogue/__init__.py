"""The checklist as data: TOML files under checks/, read into `model.check.Check` and refused when unclear."""
