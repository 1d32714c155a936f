"""The broker: topics and where they end."""

import warnings

with warnings.catch_warnings():
    # The library reads its own resources in a way that Python 3.11 calls old; nothing of ours can change that.
    warnings.filterwarnings("ignore", "(read|open)_text is deprecated", DeprecationWarning)
    import kafka  # noqa: F401
