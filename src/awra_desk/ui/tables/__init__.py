"""Tables over column arrays: models, delegates and the pair of tables that face each other."""
