"""To whom we sell: persons and companies, how to reach them, doubles and merging."""
