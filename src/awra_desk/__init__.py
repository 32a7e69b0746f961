"""AWRA Desk: proves that the ledger says what the shops and payment providers say."""
