"""The demo company: a furniture maker with a year of believable history."""
