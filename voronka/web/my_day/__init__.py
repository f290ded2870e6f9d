"""My day: what a person has to do, in order, and all of their tasks, calls and meetings."""
