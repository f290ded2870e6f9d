"""One's own keys of programs to the API."""
