"""What the machine provides: directories, passwords, time, the keyring, the browser."""
