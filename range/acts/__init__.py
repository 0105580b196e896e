"""What people and machines of the hospital do, one department a file. An act's function is called where the host is, with the moment of the day."""
