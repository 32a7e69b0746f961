"""A second start of the same workspace finds the first window instead of opening another."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QCryptographicHash, QDir, QLockFile

if TYPE_CHECKING:
    from PySide6.QtNetwork import QLocalServer

_PATIENCE = 1500  # milliseconds


class SingleInstance:
    """Holds the lock of one workspace on this machine. Qt's network part is loaded after the first paint."""

    def __init__(self, workspace: str) -> None:
        digest = QCryptographicHash.hash(workspace.encode(), QCryptographicHash.Algorithm.Sha256)
        self._name = f"awra-desk-{bytes(digest.data()).hex()[:16]}"
        self._lock = QLockFile(QDir(QDir.tempPath()).filePath(f"{self._name}.lock"))
        self._lock.setStaleLockTime(0)
        self._server: QLocalServer | None = None
        self.is_first = self._lock.tryLock(0)

    def listen(self, called: Callable[[], None]) -> None:
        """Call back whenever another start asks for the window."""
        from PySide6.QtNetwork import QLocalServer  # noqa: PLC0415 - after the first paint

        server = QLocalServer()
        server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)

        def answer() -> None:
            while (socket := server.nextPendingConnection()) is not None:
                socket.disconnected.connect(socket.deleteLater)
                called()

        server.newConnection.connect(answer)
        QLocalServer.removeServer(self._name)
        server.listen(self._name)
        self._server = server

    def call_first(self) -> bool:
        """Ask the first window to come to the front; whether it heard."""
        from PySide6.QtNetwork import QLocalSocket  # noqa: PLC0415 - no window is to be painted here

        socket = QLocalSocket()
        socket.connectToServer(self._name)
        heard = socket.waitForConnected(_PATIENCE)
        socket.disconnectFromServer()
        return heard

    def close(self) -> None:
        """Let the workspace go."""
        if self._server is not None:
            self._server.close()
        if self.is_first:
            self._lock.unlock()


def called_first(workspace: str) -> bool:
    """Whether another process has a window on this workspace; it was asked to come to the front."""
    single = SingleInstance(workspace)
    if single.is_first:
        single.close()
        return False
    single.call_first()
    return True
