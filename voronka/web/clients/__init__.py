"""Clients: the list, the page of one, how to reach them, doubles and merging."""
