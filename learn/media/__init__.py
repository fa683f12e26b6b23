"""Pictures: bytes that nobody trusts are checked, cleaned, stored once for their content, and made in several sizes."""
