"""People, roles, departments and working calendars."""
