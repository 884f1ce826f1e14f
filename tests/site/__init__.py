"""Tests of the site: what the build adds, and what it made."""
