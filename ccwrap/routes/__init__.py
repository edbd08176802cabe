"""What the project says: the route file, the grants it asks for, its credentials."""
