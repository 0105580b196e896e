"""What people and machines of the hospital do, one department a file. Called where the host is, with the moment of the day."""
