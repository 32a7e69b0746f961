"""Files of transactions, no network and no database.

Statements and reports as sources (`ports.connections.Source`) whose contracts lie beside them; tables read exactly into
the matcher's shape, and results written; files of mapping tables.
"""
