"""The first steps of an empty company: its owner, its funnels, its people."""
