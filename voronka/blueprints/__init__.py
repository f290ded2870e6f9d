"""The set-up as a file: read, check, export, plan, apply; ready-made companies as YAML."""
