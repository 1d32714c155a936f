"""The outside world, one room each; none knows another."""
