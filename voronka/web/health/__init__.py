"""GET /health: is everything alive? For people, load balancers and the supervisor."""
