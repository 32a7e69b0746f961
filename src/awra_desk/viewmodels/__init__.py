"""What each screen knows and can do, without Qt.

A view model has a `state` (a frozen snapshot), tells its subscribers when it changed, and has commands as methods. Only
`ui` and `app` use it; it uses services and ports, never an adapter.
"""
