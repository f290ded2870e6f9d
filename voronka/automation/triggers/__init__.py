"""Triggers: what wakes a robot. One file each; `registry.discover` loads them all."""
