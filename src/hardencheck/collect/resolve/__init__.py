"""Resolvers: what the files say together."""
