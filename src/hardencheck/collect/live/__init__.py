"""The live side: one URL, observed."""
