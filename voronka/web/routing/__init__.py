"""Where cards go: the routing table, groups of distribution, cards for which nobody fitted."""
