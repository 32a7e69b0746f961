"""One view per screen: binds a view model to widgets, and holds no rule of its own."""
