"""Known defects of real legacy data, planted on purpose and written down."""
