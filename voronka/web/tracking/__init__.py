"""Where links and pictures of our letters lead: they tell that the client has read (RB-5)."""
