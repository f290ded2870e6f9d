"""Actions: what a robot does. One file each; `registry.discover` loads them all."""
