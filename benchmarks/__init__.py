"""The speed of training compared with other programs: python -m benchmarks --out FOLDER."""
