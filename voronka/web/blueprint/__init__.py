"""The blueprint: the whole set-up as a file that is taken out, checked, planned and applied."""
