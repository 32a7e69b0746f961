"""Pure: what the audit pack contains, and the trail's hash chain."""
