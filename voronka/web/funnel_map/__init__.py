"""The map of funnels: boxes, tunnels with their numbers, dead ends, and revival of refusals."""
