"""Benchmarks of the site and of its peers: `make bench`. Nothing here runs in production."""
