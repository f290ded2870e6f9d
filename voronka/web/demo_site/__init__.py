"""The sample site of the demo company: a furniture maker's page with the form on it."""
