"""The card: one page of everything about a lead, a deal or an element, in the slider or alone."""
