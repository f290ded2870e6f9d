"""What the people pages do."""
