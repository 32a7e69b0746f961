"""The system's browser (`ports.system.Browser`), where people sign in at a provider: never inside this program."""

from __future__ import annotations

import webbrowser

from awra_desk.domain.errors import UsageError


class SystemBrowser:
    """Opens pages in the person's own browser."""

    def open(self, url: str) -> bool:
        """Whether a browser took the page.

        Raises:
            UsageError: it is no web page.
        """
        if not url.startswith(("https://", "http://127.0.0.1:")):
            raise UsageError("this is no page to sign in at", remedy="Check the connection's address.")
        return webbrowser.open(url)
