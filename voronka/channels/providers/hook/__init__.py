"""Webhooks in: an address that any other system posts to, with a mapping made on a page (AP-3)."""
