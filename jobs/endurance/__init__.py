"""A run under a steady load: what it is fed, what is measured of it, and whether anything grows or falls behind."""
