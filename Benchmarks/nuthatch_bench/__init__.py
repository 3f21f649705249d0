"""Measures Nuthatch beside nginx, Redis and memcached on this machine."""
