"""Below the floors: what every door of the house shares."""
