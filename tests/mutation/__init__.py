"""Mutation testing of the derivation: what `CONTRIBUTING.md` calls with one command."""
