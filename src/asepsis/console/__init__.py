"""The roof: what the people of a hospital look at, in a browser."""
