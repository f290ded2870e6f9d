"""Chat on the site: a visitor writes on any page, people answer from the card."""
