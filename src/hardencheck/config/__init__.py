"""The user's decisions: hardencheck.toml or [tool.hardencheck], read strictly and edited with care."""
