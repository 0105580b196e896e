"""Protocols of devices as both ends of a link speak them, where no library does."""
