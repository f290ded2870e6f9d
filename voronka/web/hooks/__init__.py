"""Incoming webhooks: what of a call goes where (AP-3)."""
