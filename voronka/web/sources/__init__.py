"""Sources of enquiries: names, icons, order, archive."""
