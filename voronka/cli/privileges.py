"""PostgreSQL refuses to run as root. As root its programs run as a system user of their own."""

import os
import pwd
import shutil
import stat
import struct
import subprocess
from pathlib import Path

from voronka.cli.words import gettext as _
from voronka.kernel.errors import DomainError

SYSTEM_USER = "pgserver"
_ACL = "system.posix_acl_access"
_ACL_VERSION = 2
_USER_OBJ, _USER, _GROUP_OBJ, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x10, 0x20
_NO_ID = 0xFFFFFFFF
_ENTRY = struct.Struct("<HHI")  # tag, permissions, id
_EXECUTE = 1


class NoSystemUser(DomainError):
    """There is no system user for the database, and none can be made."""

    code = "no_system_user"


class NoWayIn(DomainError):
    """The database's system user cannot reach a folder that it needs."""

    code = "no_way_in"


def database_user() -> pwd.struct_passwd | None:
    """Return the system user that runs PostgreSQL; None means the current user. Made when missing.

    Raises:
        NoSystemUser: we are root, the user is missing and `useradd` fails.
    """
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        pass
    shell = "/usr/sbin/nologin"
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    made = useradd and subprocess.run(  # noqa: S603
        [useradd, "--system", "--no-create-home", "--shell", shell, SYSTEM_USER],
        capture_output=True,
        check=False,
    )
    if not made or made.returncode:
        raise NoSystemUser(
            _(
                "PostgreSQL does not run as root, and no system user could be made for it. "
                "Add one (useradd --system %(user)s), start Voronka as a normal user, "
                "or name a server with DATABASE_URL."
            )
            % {"user": SYSTEM_USER}
        )
    return pwd.getpwnam(SYSTEM_USER)


def give(folder: Path, user: pwd.struct_passwd | None) -> None:
    """Make `folder` private (0700) and hand it to `user`."""
    folder.mkdir(parents=True, exist_ok=True)
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)
    folder.chmod(0o700)


def open_the_way(target: Path, user: pwd.struct_passwd) -> None:
    """Let `user` walk through the folders above `target`, and nothing more.

    A closed folder such as /root gets one access-list entry (execute, for this user alone);
    nobody else gains anything.

    Raises:
        NoWayIn: the file system keeps no access lists.
    """
    for folder in reversed(target.resolve().parents):
        info = folder.stat()
        if info.st_mode & stat.S_IXOTH or info.st_uid == user.pw_uid:
            continue
        try:
            _allow_walking(folder, user.pw_uid, info.st_mode)
        except OSError:
            raise NoWayIn(
                _(
                    "The database runs as the system user %(user)s, who may not enter %(folder)s. "
                    "Allow it (chmod o+x %(folder)s), put Voronka and VORONKA_HOME elsewhere "
                    "(/opt, /srv), or name a server with DATABASE_URL."
                )
                % {"user": user.pw_name, "folder": folder}
            ) from None


def open_programs(folder: Path) -> None:
    """Let everybody read and run the programs below `folder` (a strict umask closes them)."""
    for path in (folder, *folder.rglob("*")):
        if path.is_symlink():
            continue
        mode = path.stat().st_mode
        runs = path.is_dir() or mode & stat.S_IXUSR
        wanted = mode | (0o055 if runs else 0o044)
        if wanted != mode:
            path.chmod(wanted)


def _allow_walking(folder: Path, uid: int, mode: int) -> None:
    try:
        raw = os.getxattr(folder, _ACL)
        entries = [list(entry) for entry in _ENTRY.iter_unpack(raw[4:])]
    except OSError:  # no list yet: the plain permission bits, as a list
        entries = [
            [_USER_OBJ, mode >> 6 & 7, _NO_ID],
            [_GROUP_OBJ, mode >> 3 & 7, _NO_ID],
            [_MASK, mode >> 3 & 7, _NO_ID],
            [_OTHER, mode & 7, _NO_ID],
        ]
    for entry in entries:
        if entry[0] == _USER and entry[2] == uid:
            entry[1] |= _EXECUTE
            break
    else:
        entries.append([_USER, _EXECUTE, uid])
    for entry in entries:
        if entry[0] == _MASK:
            entry[1] |= _EXECUTE
    packed = b"".join(_ENTRY.pack(*entry) for entry in sorted(entries, key=lambda e: (e[0], e[2])))
    os.setxattr(folder, _ACL, struct.pack("<I", _ACL_VERSION) + packed)
