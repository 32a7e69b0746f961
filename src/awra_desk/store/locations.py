"""Where a workspace file may lie: on a disk of this machine. SQLite's locks do not hold on file shares and in folders
that are synced.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path, PurePath

from awra_desk.domain.errors import UsageError

_REMEDY = "Keep the workspace on this computer's own disk; to work together, use a PostgreSQL workspace."
_REMOTE = frozenset(
    [
        "nfs",
        "nfs4",
        "cifs",
        "smb",
        "smb2",
        "smb3",
        "smbfs",
        "afpfs",
        "webdav",
        "davfs",
        "fuse.davfs",
        "fuse.davfs2",
        "ncpfs",
        "afs",
        "ceph",
        "fuse.ceph",
        "glusterfs",
        "fuse.glusterfs",
        "lustre",
        "fuse.sshfs",
        "fuse.rclone",
        "fuse.s3fs",
        "gfs2",
        "ocfs2",
        "vboxsf",
        "fuse.vmhgfs-fuse",
        "9p",
    ]
)
_SYNCED = frozenset(["dropbox", "onedrive", "icloud", "icloudrive", "nextcloud", "owncloud", "syncthing"])
_SYNCED_PATHS = ("google drive", "googledrive", "mobile documents", "cloudstorage", "icloud drive", "my drive")
_DRIVE_REMOTE = 4  # GetDriveTypeW, winbase.h


def refuse_unsafe(path: Path) -> None:
    """Refuse network and synced locations, where they can be told.

    Raises:
        UsageError: naming the path, why, and what to do.
    """
    if reason := unsafe_reason(path.absolute(), mounts=_mounts()) or _remote_drive(path):
        raise UsageError(reason, record=str(path), remedy=_REMEDY)


def unsafe_reason(path: PurePath, *, mounts: Iterable[tuple[str, str]]) -> str:
    """Why a workspace must not lie there, or "".

    Args:
        mounts: (mount point, file system type).
    """
    text = str(path)
    if text.startswith(("\\\\", "//")):
        return "a workspace cannot lie on a network share"
    for part in path.parts:
        name = part.casefold()
        if name.split(" - ")[0].split(" (")[0] in _SYNCED or name in _SYNCED_PATHS:
            return f"a workspace cannot lie in the synced folder {part}"
    under = [(PurePath(point), kind) for point, kind in mounts if path.is_relative_to(point)]
    if under:
        kind = max(under, key=lambda mount: len(mount[0].parts))[1]
        if kind.casefold() in _REMOTE:
            return f"a workspace cannot lie on a network file system ({kind})"
    return ""


def parse_mountinfo(text: str) -> list[tuple[str, str]]:
    """(mount point, type) of Linux's /proc/self/mountinfo (proc(5)); octal escapes stand for blanks."""
    found = []
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        fields, rest = before.split(" "), after.split(" ")
        if len(fields) > 4 and rest[0]:
            found.append((fields[4].encode().decode("unicode_escape"), rest[0]))
    return found


def parse_mount(text: str) -> list[tuple[str, str]]:
    """(mount point, type) of macOS's mount(8): "//ann@nas/books on /Volumes/books (smbfs, nodev)"."""
    found = []
    for line in text.splitlines():
        head, _, options = line.rpartition(" (")
        _, on, point = head.partition(" on ")
        if on:
            found.append((point, options.rstrip(")").split(",")[0].strip()))
    return found


def _mounts() -> list[tuple[str, str]]:
    if sys.platform == "linux":
        return parse_mountinfo(Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape"))
    if sys.platform == "darwin":
        return parse_mount(subprocess.run(["/sbin/mount"], capture_output=True, text=True, check=True).stdout)
    return []


def _remote_drive(path: Path) -> str:
    if sys.platform != "win32":
        return ""
    kind = ctypes.windll.kernel32.GetDriveTypeW(path.absolute().anchor)
    return "a workspace cannot lie on a network drive" if kind == _DRIVE_REMOTE else ""
