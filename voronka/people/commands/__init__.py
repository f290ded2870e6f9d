"""The only code that writes people: accounts, sessions, roles, departments, calendars, keys."""

from voronka.people.commands.accounts import (
    change_profile,
    change_user,
    close_account,
    create_user,
    reopen_account,
    set_password,
)
from voronka.people.commands.calendars import (
    cancel_absence,
    delete_calendar,
    plan_absence,
    save_calendar,
)
from voronka.people.commands.companies import found_company, save_company
from voronka.people.commands.departments import delete_department, save_department
from voronka.people.commands.invitations import accept_invitation, invite_user
from voronka.people.commands.roles import create_ready_roles, delete_role, save_role
from voronka.people.commands.sessions import (
    close_session,
    close_sessions,
    forget_the_stale,
    log_in,
    log_out,
    note_session,
)
from voronka.people.commands.tokens import create_token, revoke_token, use_token
from voronka.people.commands.viewing import note_audit_export, start_viewing_as, stop_viewing_as
from voronka.people.commands.watching import sound_alarms

__all__ = [
    "accept_invitation",
    "cancel_absence",
    "change_profile",
    "change_user",
    "close_account",
    "close_session",
    "close_sessions",
    "create_ready_roles",
    "create_token",
    "create_user",
    "delete_calendar",
    "delete_department",
    "delete_role",
    "forget_the_stale",
    "found_company",
    "invite_user",
    "log_in",
    "log_out",
    "note_audit_export",
    "note_session",
    "plan_absence",
    "reopen_account",
    "revoke_token",
    "save_calendar",
    "save_company",
    "save_department",
    "save_role",
    "set_password",
    "sound_alarms",
    "start_viewing_as",
    "stop_viewing_as",
    "use_token",
]
