"""The funnel editor: all funnels at a glance, and one funnel as columns that can be redrawn."""
