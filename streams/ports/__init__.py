"""The outside world as small protocols; the law stands on each method."""
