"""The robots editor: robots under the stages of a funnel, their form, trials, and the queue."""
