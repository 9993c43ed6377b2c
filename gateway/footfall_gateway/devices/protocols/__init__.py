"""Bytes of makers' protocols, both ways and pure, for those drivers whose protocol fills a module of its own."""
