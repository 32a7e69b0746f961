"""Files of transactions: tables read exactly into the matcher's shape, and results written. No network, no database."""
