"""Site forms for people: the list, the builder with its preview, and how a form gets on a site."""
