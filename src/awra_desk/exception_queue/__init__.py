"""Pure rules of the exception queue: what becomes one, how bad it is, how it ages, what clears it, how it lives."""
