"""What the API sends and takes, a module for each kind of thing."""
