"""The inbox: what clients write, who owes an answer, and the answer itself."""
