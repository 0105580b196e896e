"""What templates of the console can do beside Django's own."""
