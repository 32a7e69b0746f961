"""A package of its own, so that no library that installs a `tests`, as the kit of PayPal does, stands in its place."""
