"""What is told to people and programs outside of asepsis: by mail, webhook, syslog."""
