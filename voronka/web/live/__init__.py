"""Live updates: one LISTEN connection a web process, one server-sent stream a browser."""
