"""The company: its name and defaults, its money and country, and how the installation is."""
