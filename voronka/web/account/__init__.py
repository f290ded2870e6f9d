"""One's own account: log-in, invitation, profile, password, devices."""
