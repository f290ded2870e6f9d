"""Who sells: users, departments, roles, access scopes, working hours and absences."""
