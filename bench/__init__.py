"""How fast the site is, beside its peers: `make bench`. Nothing here runs in production."""
