"""Site forms: our own, and those of any site that posts to the plain endpoint (IN-4)."""
