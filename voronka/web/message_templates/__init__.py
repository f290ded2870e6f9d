"""Message templates: the list, a template in a dialog, what it says at a real card (TL-8)."""
