"""What happens by itself: robots, timers, auto-tasks, tunnels in motion, verdicts and webhooks."""
