"""Chat for visitors of sites: the script, its window, what they write, what they hear."""
